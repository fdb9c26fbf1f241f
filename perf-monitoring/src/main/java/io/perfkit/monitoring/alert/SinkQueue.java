package io.perfkit.monitoring.alert;

import io.perfkit.monitoring.internal.OncePerMinute;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The events that one sink has still to deliver, at most one for each alert. Thread safe; one
 * daemon thread delivers.
 */
final class SinkQueue implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SinkQueue.class);
  private static final long MIN_PAUSE_MILLIS = 1_000;
  private static final long MAX_PAUSE_MILLIS = 30_000;

  private final String name;
  private final AlertSink sink;
  private final int maxWaiting;
  private final Thread thread;
  private final OncePerMinute failureLog = new OncePerMinute();
  private final AtomicLong delivered = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private final AtomicLong dropped = new AtomicLong();

  /* Invariants
   * Q1  at most one event of an alert waits: the last one.
   * Q2  an event that repeats what the sink knows of the alert is not sent.
   * Q3  no sink runs under the lock.
   * Guarded by this.
   */
  private final Map<String, AlertEvent> waiting = new LinkedHashMap<>();
  private final Map<String, AlertState> known = new HashMap<>();
  private boolean busy;
  private boolean closed;

  SinkQueue(String name, AlertSink sink, int maxWaiting) {
    this.name = name;
    this.sink = sink;
    this.maxWaiting = maxWaiting;
    this.thread = new Thread(this::run, "perf-monitoring-alerts-" + name);
    thread.setDaemon(true);
    thread.start();
  }

  /** Never blocks. */
  synchronized void offer(AlertEvent event) {
    if (!waiting.containsKey(event.key()) && waiting.size() >= maxWaiting) {
      dropped.incrementAndGet();
      return;
    }
    waiting.put(event.key(), event);
    notifyAll();
  }

  private void run() {
    long pause = 0;
    try {
      for (AlertEvent event = next(pause); event != null; event = next(pause)) {
        pause =
            deliver(event) ? 0 : Math.min(MAX_PAUSE_MILLIS, Math.max(MIN_PAUSE_MILLIS, pause * 2));
      }
    } catch (InterruptedException e) { // closed
      Thread.currentThread().interrupt();
    }
  }

  private synchronized @Nullable AlertEvent next(long pauseMillis) throws InterruptedException {
    busy = false;
    notifyAll();
    long left = pauseMillis;
    long until = System.nanoTime() + left * 1_000_000;
    while (left > 0 && !closed) {
      wait(left);
      left = (until - System.nanoTime()) / 1_000_000;
    }
    while (!closed) {
      Iterator<AlertEvent> events = waiting.values().iterator();
      if (events.hasNext()) {
        AlertEvent event = events.next();
        events.remove();
        if (known.getOrDefault(event.key(), AlertState.INACTIVE) != event.state()) { // Q2
          busy = true;
          return event;
        }
        notifyAll();
      } else {
        wait();
      }
    }
    return null;
  }

  private boolean deliver(AlertEvent event) throws InterruptedException {
    try {
      sink.send(event);
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      failed.incrementAndGet();
      putBack(event);
      if (failureLog.isDue()) { // of a sink's exception the class: its message may hold an address
        LOG.warn("the alert sink '{}' failed: {}", name, e.getClass().getName());
      }
      return false;
    }
    delivered.incrementAndGet();
    synchronized (this) {
      if (event.state() == AlertState.INACTIVE) {
        known.remove(event.key());
      } else {
        known.put(event.key(), event.state());
      }
    }
    return true;
  }

  private synchronized void putBack(AlertEvent event) {
    waiting.putIfAbsent(event.key(), event);
  }

  /** What the sink knows from before a restart. */
  synchronized void knows(String key, AlertState state) {
    known.put(key, state);
  }

  /** Waits until everything is delivered, for a limited time. */
  synchronized void drain(long millis) throws InterruptedException {
    long until = System.nanoTime() + millis * 1_000_000;
    while ((busy || !waiting.isEmpty()) && System.nanoTime() - until < 0) {
      wait(Math.max(1, (until - System.nanoTime()) / 1_000_000));
    }
  }

  String name() {
    return name;
  }

  long delivered() {
    return delivered.get();
  }

  long failed() {
    return failed.get();
  }

  long dropped() {
    return dropped.get();
  }

  synchronized int waiting() {
    return waiting.size() + (busy ? 1 : 0);
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    thread.interrupt();
  }
}
