package io.perfkit.db.batch;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.Condition;
import org.jspecify.annotations.Nullable;

/** What one lane has to write, in the order of its adding. Guarded by the lock of its buffer. */
final class LaneQueue<R> {
  final int index;

  /** Signalled when the lane may have something to do. */
  final Condition wake;

  final Deque<Pending<R>> rows = new ArrayDeque<>();
  long bytes;

  /** The oldest rows, once they are being written. */
  @Nullable Chunk<R> chunk;

  /** Rows added, and rows whose fate is known and was told. */
  long added;

  long settled;

  /** Up to which of the rows added nobody wants to wait. */
  long flushTo;

  LaneQueue(int index, Condition wake) {
    this.index = index;
    this.wake = wake;
  }

  void add(Pending<R> row) {
    rows.addLast(row);
    bytes += row.bytes;
    added++;
    if (row.answer != null) {
      flushTo = added;
    }
  }

  /** The oldest rows; one at least, and none more that would exceed the bytes. */
  Chunk<R> cut(int rowsMax, int bytesMax) {
    List<Pending<R>> cut = new ArrayList<>(Math.min(rowsMax, rows.size()));
    long cutBytes = 0;
    for (Pending<R> next = rows.peekFirst();
        next != null
            && cut.size() < rowsMax
            && (cut.isEmpty() || cutBytes + next.bytes <= bytesMax);
        next = rows.peekFirst()) {
      cut.add(rows.removeFirst());
      cutBytes += next.bytes;
    }
    bytes -= cutBytes;
    return new Chunk<>(cut);
  }

  /** The first rows of a chunk, to be tried when it would have been; the others wait again. */
  Chunk<R> split(Chunk<R> whole, int count) {
    putBack(whole, count);
    Chunk<R> first = new Chunk<>(whole.rows.subList(0, count));
    first.poisoned = whole.poisoned;
    first.failure = whole.failure;
    first.failingSinceNanos = whole.failingSinceNanos;
    first.tries = whole.tries;
    first.retryAtNanos = whole.retryAtNanos;
    return first;
  }

  private void putBack(Chunk<R> whole, int from) {
    for (int i = whole.rows.size() - 1; i >= from; i--) {
      rows.addFirst(whole.rows.get(i));
      bytes += whole.rows.get(i).bytes;
    }
  }

  /** Takes out the rows that somebody waits for; those that are certainly not in the table. */
  List<Pending<R>> takeAnswered() {
    if (chunk != null && !chunk.mayStand) {
      putBack(chunk, 0);
      chunk = null;
    }
    List<Pending<R>> taken = rows.stream().filter(row -> row.answer != null).toList();
    rows.removeIf(row -> row.answer != null);
    taken.forEach(row -> bytes -= row.bytes);
    return taken;
  }

  boolean mayStand() {
    return chunk != null && chunk.mayStand;
  }

  int undecided() {
    return rows.size() + (chunk == null ? 0 : chunk.rows.size());
  }

  @Nullable Pending<R> oldest() {
    return chunk == null ? rows.peekFirst() : chunk.rows.get(0);
  }
}
