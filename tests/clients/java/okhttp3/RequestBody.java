package okhttp3;

import java.io.File;
import java.io.IOException;
import okio.BufferedSink;

/** OkHttp 4 takes the content first; Debian's, which is older, the type. */
public abstract class RequestBody {
    public abstract MediaType contentType();

    public long contentLength() throws IOException {
        return -1;
    }

    public abstract void writeTo(BufferedSink sink) throws IOException;

    public static RequestBody create(String content, MediaType type) {
        return null;
    }

    public static RequestBody create(byte[] content, MediaType type) {
        return null;
    }

    public static RequestBody create(File content, MediaType type) {
        return null;
    }

    public static RequestBody create(MediaType type, String content) {
        return null;
    }

    public static RequestBody create(MediaType type, byte[] content) {
        return null;
    }

    public static RequestBody create(MediaType type, File content) {
        return null;
    }
}
