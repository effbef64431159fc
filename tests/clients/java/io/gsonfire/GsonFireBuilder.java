package io.gsonfire;

import com.google.gson.GsonBuilder;

/** The names that generated clients use of gson-fire, which Debian lacks. */
public class GsonFireBuilder {
    public GsonBuilder createGsonBuilder() {
        return new GsonBuilder();
    }

    public <T> GsonFireBuilder registerTypeSelector(Class<T> type, TypeSelector<T> selector) {
        return this;
    }
}
