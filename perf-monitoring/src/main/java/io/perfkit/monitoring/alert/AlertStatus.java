package io.perfkit.monitoring.alert;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/*
 * Invariants
 * A1  an alert fires only if each evaluation from the first breach on, for the time of the rule, was
 *     a breach.
 * A2  it resolves only if each evaluation was clear for the keep time.
 * A3  no state is told twice in a row, and never PENDING.
 * A4  within a flap window it tells of at most maxChanges + 2 changes, however often it changes.
 */
/**
 * What the evaluations of a rule so far make of one alert: a pure step from state to state.
 * Immutable.
 *
 * @param phase inactive, pending or firing
 * @param since when the phase began
 * @param clearSince when the values became clear while it fires; null while they are not
 * @param dataAt when there was data last
 * @param changes when it fired or resolved, within the flap window
 * @param flapping whether changes are not told one by one
 * @param told what a sink was told last
 */
record AlertStatus(
    AlertState phase,
    long since,
    @Nullable Long clearSince,
    long dataAt,
    List<Long> changes,
    boolean flapping,
    AlertState told) {

  AlertStatus {
    changes = List.copyOf(changes);
  }

  static AlertStatus inactive(long now) {
    return new AlertStatus(
        AlertState.INACTIVE, now, null, now, List.of(), false, AlertState.INACTIVE);
  }

  /** What is shown. */
  AlertState state() {
    return flapping ? AlertState.FLAPPING : phase;
  }

  /** What a sink should know; differs from {@link #told} right after a change. */
  AlertState toTell() {
    return state() == AlertState.PENDING ? AlertState.INACTIVE : state();
  }

  AlertStatus asTold() {
    return new AlertStatus(phase, since, clearSince, dataAt, changes, flapping, toTell());
  }

  AlertStatus after(Verdict seen, long now, AlertTimes times) {
    long lastData = seen == Verdict.NO_DATA ? dataAt : now;
    AlertStatus next = withDataAt(lastData).step(meaning(seen, now, times), now, times);
    return next.counted(now, times, next.isFiring() != isFiring());
  }

  /** What no data stands for by the rule; null leaves all as it is. */
  private @Nullable Verdict meaning(Verdict seen, long now, AlertTimes times) {
    if (seen != Verdict.NO_DATA) {
      return seen;
    }
    return switch (times.noData()) {
      case OK -> Verdict.CLEAR;
      case ALERT -> Verdict.BREACH;
      case HOLD -> now - dataAt >= times.noDataAfter() ? Verdict.CLEAR : null;
    };
  }

  private AlertStatus step(@Nullable Verdict verdict, long now, AlertTimes times) {
    if (verdict == null) {
      return this;
    }
    return switch (phase) {
      case INACTIVE, FLAPPING -> verdict == Verdict.BREACH ? begin(now, times) : this;
      case PENDING -> pending(verdict, now, times);
      case FIRING -> firing(verdict, now, times);
    };
  }

  private AlertStatus begin(long now, AlertTimes times) {
    return in(times.holds() == 0 ? AlertState.FIRING : AlertState.PENDING, now);
  }

  private AlertStatus pending(Verdict verdict, long now, AlertTimes times) {
    if (verdict != Verdict.BREACH) {
      return in(AlertState.INACTIVE, now);
    }
    return now - since >= times.holds() ? in(AlertState.FIRING, now) : this;
  }

  private AlertStatus firing(Verdict verdict, long now, AlertTimes times) {
    if (verdict != Verdict.CLEAR) {
      return clearSince(null);
    }
    long from = clearSince == null ? now : clearSince;
    return now - from >= times.keep() ? in(AlertState.INACTIVE, now) : clearSince(from);
  }

  private AlertStatus counted(long now, AlertTimes times, boolean changed) {
    List<Long> recent = new ArrayList<>();
    changes.stream().filter(at -> now - at < times.flapWindow()).forEach(recent::add);
    if (changed) {
      recent.add(now);
      if (recent.size() > times.maxChanges() + 1) {
        recent.remove(0);
      }
    }
    boolean flaps = recent.size() > times.maxChanges() || (flapping && !recent.isEmpty());
    return new AlertStatus(phase, since, clearSince, dataAt, recent, flaps, told);
  }

  boolean isFiring() {
    return phase == AlertState.FIRING;
  }

  private AlertStatus in(AlertState next, long now) {
    return new AlertStatus(next, now, null, dataAt, changes, flapping, told);
  }

  private AlertStatus clearSince(@Nullable Long at) {
    return new AlertStatus(phase, since, at, dataAt, changes, flapping, told);
  }

  private AlertStatus withDataAt(long at) {
    return new AlertStatus(phase, since, clearSince, at, changes, flapping, told);
  }
}
