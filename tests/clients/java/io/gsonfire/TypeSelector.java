package io.gsonfire;

import com.google.gson.JsonElement;

/** The names that generated clients use of gson-fire, which Debian lacks. */
public interface TypeSelector<T> {
    Class<? extends T> getClassForElement(JsonElement element);
}
