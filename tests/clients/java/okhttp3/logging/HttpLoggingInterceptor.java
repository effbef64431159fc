package okhttp3.logging;

import java.io.IOException;
import okhttp3.Interceptor;
import okhttp3.Response;

/** The names that generated clients use of OkHttp's logging, which Debian lacks. */
public class HttpLoggingInterceptor implements Interceptor {
    public enum Level {
        NONE,
        BODY
    }

    public HttpLoggingInterceptor setLevel(Level level) {
        return this;
    }

    @Override
    public Response intercept(Chain chain) throws IOException {
        return chain.proceed(chain.request());
    }
}
