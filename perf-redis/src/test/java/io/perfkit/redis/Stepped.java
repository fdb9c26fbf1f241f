package io.perfkit.redis;

import java.util.AbstractQueue;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** Stand-ins for what the JDK's threads share, each of whose methods is one step. */
public final class Stepped {
  private Stepped() {}

  /** What may be broken, so that a test shows that it would find it. */
  enum Fault {
    NONE,
    /** A queue that says that it is empty: a leader that goes does not look again. */
    LEADER_DOES_NOT_LOOK,
    /** A thread that has queued its request sees no free lead. */
    CALLER_DOES_NOT_LOOK,
    /** Numbers change in two steps: two threads take one lead. */
    TORN_NUMBER,
    /** References change in two steps: a request is in two batches, or promoted and ended. */
    TORN_STATE,
    /** A thread that has been promoted is not woken. */
    NO_WAKE_UP
  }

  /** For AtomicInteger. */
  public static final class Int {
    private int value;

    public Int() {}

    public Int(int value) {
      this.value = value;
    }

    public int get() {
      Interleavings.step();
      Interleavings.Worker me = Interleavings.worker();
      if (me != null && me.added && Interleavings.isBroken(Fault.CALLER_DOES_NOT_LOOK)) {
        me.added = false;
        return 0;
      }
      return value;
    }

    public int incrementAndGet() {
      Interleavings.step();
      return ++value;
    }

    public int decrementAndGet() {
      Interleavings.step();
      return --value;
    }

    public boolean compareAndSet(int expected, int changed) {
      Interleavings.step();
      boolean same = value == expected;
      if (same && Interleavings.isBroken(Fault.TORN_NUMBER)) {
        Interleavings.step();
      }
      if (same) {
        value = changed;
      }
      return same;
    }
  }

  /** For AtomicBoolean. */
  public static final class Flag {
    private boolean value;

    public boolean get() {
      Interleavings.step();
      return value;
    }

    public void set(boolean changed) {
      Interleavings.step();
      value = changed;
    }
  }

  /** For AtomicReference. */
  public static final class Reference<V> {
    private V value;

    public Reference(V value) {
      this.value = value;
    }

    public V get() {
      Interleavings.step();
      return value;
    }

    public boolean compareAndSet(V expected, V changed) {
      Interleavings.step();
      boolean same = value == expected;
      if (same && Interleavings.isBroken(Fault.TORN_STATE)) {
        Interleavings.step();
      }
      if (same) {
        value = changed;
      }
      return same;
    }
  }

  /** For ConcurrentLinkedQueue. */
  public static final class Fifo<E> extends AbstractQueue<E> {
    private final Queue<E> elements = new ArrayDeque<>();

    @Override
    public boolean offer(E element) {
      Interleavings.step();
      Interleavings.Worker me = Interleavings.worker();
      if (me != null) {
        me.added = true;
      }
      return elements.add(element);
    }

    @Override
    public @Nullable E poll() {
      Interleavings.step();
      return elements.poll();
    }

    @Override
    public @Nullable E peek() {
      Interleavings.step();
      return elements.peek();
    }

    @Override
    public boolean isEmpty() {
      Interleavings.step();
      return elements.isEmpty() || Interleavings.isBroken(Fault.LEADER_DOES_NOT_LOOK);
    }

    @Override
    public boolean remove(Object element) {
      Interleavings.step();
      return elements.remove(element);
    }

    /** What is there now, as the JDK's may give. */
    @Override
    public Iterator<E> iterator() {
      Interleavings.step();
      return new ArrayList<>(elements).iterator();
    }

    @Override
    public int size() {
      return elements.size();
    }
  }

  /** For LockSupport. */
  public static final class Parking {
    private Parking() {}

    public static void park(Object blocker) {
      Interleavings.park();
    }

    public static void unpark(Thread thread) {
      if (!Interleavings.isBroken(Fault.NO_WAKE_UP)) {
        Interleavings.unpark(thread);
      }
    }
  }
}
