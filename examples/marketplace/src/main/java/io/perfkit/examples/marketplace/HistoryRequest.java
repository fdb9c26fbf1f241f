package io.perfkit.examples.marketplace;

import org.jspecify.annotations.Nullable;

/**
 * Which part of a user's bets. Immutable.
 *
 * @param from where it begins: what the {@code next} link of an answer says, and only the service
 *     that made it understands; absent for the newest bets
 * @param size bets on a page
 */
record HistoryRequest(@Nullable String from, int size) {
  HistoryRequest {
    PageRequest.requireSize(size);
  }

  /** The link to the page of that size that begins at {@code place}. */
  String link(long userId, String place) {
    return "/users/" + userId + "/bets?size=" + size + "&from=" + place;
  }

  /** The place is not one that this service has given. */
  static IllegalArgumentException noPlace(Throwable cause) {
    return new IllegalArgumentException("from: unknown (expected: that of a next link)", cause);
  }
}
