package io.perfkit.db.batch;

import static java.util.Comparator.comparingLong;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.locks.Condition;
import org.jspecify.annotations.Nullable;

/**
 * The queue of one worker: its undecided rows in the order of their adding. Guarded by the lock of
 * its buffer.
 */
final class WorkerQueue<R> {
  final int index;

  /** Signalled when the worker may have something to do. */
  final Condition wake;

  final Deque<BufferedRow<R>> rows = new ArrayDeque<>();
  long bytes;

  /** The oldest rows, once they are being written. */
  @Nullable Chunk<R> chunk;

  /** Single rows that took too long, which later rows of other keys overtake. */
  private final Deque<Chunk<R>> aside = new ArrayDeque<>();

  /** The chunk decided last, until its outcome is reported. */
  @Nullable Chunk<R> decided;

  /** Rows added, and rows whose outcome is known and reported. */
  long added;

  long settled;

  /** Number of the last row to write without waiting for more. */
  long flushTo;

  WorkerQueue(int index, Condition wake) {
    this.index = index;
    this.wake = wake;
  }

  void add(BufferedRow<R> row) {
    rows.addLast(row);
    bytes += row.bytes;
    added++;
    row.number = added;
    if (row.answer() != null) {
      flushTo = added;
    }
  }

  /** Whether enough rows wait to be written without waiting for more. */
  boolean hasEnough(BatchConfig config) {
    return rows.size() >= config.flushRows() || bytes >= config.flushBytes();
  }

  /** A chunk of the oldest rows: at least one, and no further one that would exceed the bytes. */
  Chunk<R> cut(int rowsMax, int bytesMax) {
    List<BufferedRow<R>> cut = new ArrayList<>(Math.min(rowsMax, rows.size()));
    long cutBytes = 0;
    for (Iterator<BufferedRow<R>> left = rows.iterator();
        left.hasNext() && cut.size() < rowsMax; ) {
      BufferedRow<R> next = left.next();
      if (mustWait(next)) {
        continue;
      }
      if (!cut.isEmpty() && cutBytes + next.bytes > bytesMax) {
        break;
      }
      left.remove();
      cut.add(next);
      cutBytes += next.bytes;
    }
    bytes -= cutBytes;
    return new Chunk<>(cut);
  }

  /** Whether an earlier row of its key is set aside. */
  private boolean mustWait(BufferedRow<R> row) {
    if (aside.isEmpty()) {
      return false;
    }
    return aside.stream().anyMatch(chunk -> RowKey.mayBeEqual(chunk.rows.get(0).key, row.key));
  }

  /** The oldest row that may be written now. */
  @Nullable BufferedRow<R> firstReady() {
    if (aside.isEmpty()) {
      return rows.peekFirst();
    }
    return rows.stream().filter(row -> !mustWait(row)).findFirst().orElse(null);
  }

  /** Sets the chunk, a single row, aside, so that waiting rows overtake it. */
  void setAside() {
    if (chunk != null) {
      aside.addLast(chunk);
      chunk = null;
    }
  }

  /**
   * Sets one row of the current chunk aside. Later rows of its key wait for it, and the others stay
   * the current chunk.
   */
  Chunk<R> setAside(Chunk<R> whole, BufferedRow<R> row) {
    List<BufferedRow<R>> stay = new ArrayList<>();
    List<BufferedRow<R>> later = new ArrayList<>();
    for (BufferedRow<R> other : whole.rows) {
      if (other.number != row.number) {
        boolean waits = other.number > row.number && RowKey.mayBeEqual(row.key, other.key);
        (waits ? later : stay).add(other);
      }
    }
    putBack(later, 0);
    Chunk<R> alone = whole.part(List.of(row));
    alone.poisoned = false;
    aside.addLast(alone);
    chunk = stay.isEmpty() ? null : whole.part(stay);
    return alone;
  }

  int chunksAside() {
    return aside.size();
  }

  /** The chunk that is set aside and due first. */
  @Nullable Chunk<R> firstAside() {
    return aside.stream().min(comparingLong(chunk -> chunk.retryAtNanos)).orElse(null);
  }

  /** Makes a chunk that was set aside the current one again. */
  void takeBack(Chunk<R> earlier) {
    aside.remove(earlier);
    chunk = earlier;
  }

  /** Whether every row up to this one is decided and reported. */
  boolean settledTo(long number) {
    return settled >= number
        && areAfter(number, rows)
        && (chunk == null || areAfter(number, chunk.rows))
        && (decided == null || areAfter(number, decided.rows))
        && aside.stream().allMatch(one -> areAfter(number, one.rows));
  }

  private static boolean areAfter(long number, Collection<? extends BufferedRow<?>> rows) {
    return rows.stream().allMatch(row -> row.number > number);
  }

  /** The first rows of a chunk, to be tried when the whole was due; the others wait again. */
  Chunk<R> split(Chunk<R> whole, int count) {
    putBack(whole.rows, count);
    return whole.part(whole.rows.subList(0, count));
  }

  private void putBack(List<BufferedRow<R>> taken, int from) {
    for (int i = taken.size() - 1; i >= from; i--) {
      rows.addFirst(taken.get(i));
      bytes += taken.get(i).bytes;
    }
  }

  /** Removes the rows that callers wait for; returns those that are certainly not in the table. */
  List<BufferedRow<R>> takeAnswered() {
    if (chunk != null && !chunk.mayStand) {
      putBack(chunk.rows, 0);
      chunk = null;
    }
    putAsideBack();
    List<BufferedRow<R>> taken = rows.stream().filter(row -> row.answer() != null).toList();
    rows.removeIf(row -> row.answer() != null);
    taken.forEach(row -> bytes -= row.bytes);
    return taken;
  }

  /** Puts chunks that were set aside in front again: they were certainly rolled back. */
  void putAsideBack() {
    for (Chunk<R> one = aside.pollLast(); one != null; one = aside.pollLast()) {
      putBack(one.rows, 0);
    }
  }

  /** Forgets all rows; returns their bytes. */
  long clear() {
    putAsideBack();
    long cleared = bytes + (chunk == null ? 0 : chunk.bytes);
    chunk = null;
    rows.clear();
    bytes = 0;
    return cleared;
  }

  boolean hasRetries() {
    return !aside.isEmpty() || (chunk != null && chunk.tries > 0);
  }

  boolean mayStand() {
    return chunk != null && chunk.mayStand;
  }

  int undecided() {
    return rows.size() + aside.size() + (chunk == null ? 0 : chunk.rows.size());
  }

  @Nullable BufferedRow<R> oldest() {
    BufferedRow<R> first = chunk == null ? rows.peekFirst() : chunk.rows.get(0);
    for (Chunk<R> one : aside) {
      BufferedRow<R> row = one.rows.get(0);
      first = first == null || row.number < first.number ? row : first;
    }
    return first;
  }
}
