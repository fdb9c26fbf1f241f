package io.perfkit.examples.marketplace.load;

import org.jspecify.annotations.Nullable;

/** One HTTP request of the load. Immutable; without a body it is a GET, with one a POST. */
record Call(String path, @Nullable String body) {
  static Call get(String path) {
    return new Call(path, null);
  }

  static Call post(String path, String body) {
    return new Call(path, body);
  }

  @Override
  public String toString() {
    return body == null ? "GET " + path : "POST " + path + " " + body;
  }
}
