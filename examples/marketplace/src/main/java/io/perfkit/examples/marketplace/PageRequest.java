package io.perfkit.examples.marketplace;

/**
 * Which part of a list. Immutable.
 *
 * @param page from 0
 * @param size rows on a page
 */
record PageRequest(int page, int size) {
  static final int PAGE_MAX = 10_000;
  static final int SIZE_MAX = 50;
  static final int SIZE_DEFAULT = 10;

  PageRequest {
    if (page < 0 || page > PAGE_MAX) {
      throw new IllegalArgumentException("page: " + page + " (expected: 0 to " + PAGE_MAX + ")");
    }
    requireSize(size);
  }

  static void requireSize(int size) {
    if (size < 1 || size > SIZE_MAX) {
      throw new IllegalArgumentException("size: " + size + " (expected: 1 to " + SIZE_MAX + ")");
    }
  }

  int offset() {
    return page * size;
  }
}
