package io.perfkit.ratelimit;

import io.perfkit.ratelimit.CheckBatcher.AdmissionListener;
import io.perfkit.ratelimit.CheckBatcher.Outcome;
import io.perfkit.ratelimit.CheckBatcher.Sender;
import io.perfkit.ratelimit.CheckBatcher.Share;
import io.perfkit.redis.Batcher;
import io.perfkit.redis.RedisException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A batch of requests that one command decides. One thread at a time. */
final class CheckBatch implements Batcher.Batch<CheckBatch.Member, CheckResult> {

  /**
   * A command of this many bytes takes no further request: a bigger one could not use the lanes.
   */
  private static final int BYTES_MAX = 14_000;

  /** Approximate bytes of a rule beside its key: the key's head, the numbers and the protocol. */
  private static final int RULE_BYTES = 150;

  private final Sender sender;
  private final AdmissionListener admissions;
  private final List<EqualRequests> distinct = new ArrayList<>(1);
  private @Nullable Map<CheckRequest, EqualRequests> known;
  private int bytes;

  CheckBatch(Sender sender, AdmissionListener admissions) {
    this.sender = sender;
    this.admissions = admissions;
  }

  /** A request of one thread. */
  static final class Member {
    private final CheckRequest check;
    private final boolean charge;
    private @Nullable EqualRequests equal;

    /**
     * @param charge false to look only
     */
    Member(CheckRequest check, boolean charge) {
      this.check = check;
      this.charge = charge;
    }

    /** Whether an equal request can exist: held permits have an id for each request. */
    boolean hasEquals() {
      return charge && !check.holds();
    }
  }

  /** Members whose requests are equal, and the answers of the first of them. */
  private static final class EqualRequests {
    private final Member first;
    private @Nullable CheckResult[] answers = {};
    private int size = 1;
    private int decided;
    private int admitted;
    private int given;

    EqualRequests(Member first) {
      this.first = first;
    }

    Share open() {
      return new Share(first.check, first.charge ? size - decided : 0);
    }

    boolean isOpen() {
      return decided < size;
    }

    /** Takes an outcome; a refusal answers all requests that have no answer yet. */
    void decided(Outcome outcome) {
      if (decided == 0) {
        answers = new @Nullable CheckResult[size];
      }
      int end = outcome.admitted() == 0 ? size : decided + outcome.admitted();
      while (decided < end) {
        answers[decided] = decided == 0 ? outcome.result() : outcome.result().another();
        decided++;
      }
      admitted += outcome.admitted();
    }

    /** The next answer; null if Redis could not be asked. */
    @Nullable CheckResult next(AdmissionListener admissions) {
      if (given == 0 && admitted > 0) {
        admissions.admitted(first.check, admitted);
      }
      return given < decided ? answers[given++] : null;
    }
  }

  /** No request joins an interrupted thread, which does not ask Redis. */
  @Override
  public boolean hasRoom() {
    return bytes < BYTES_MAX && !Thread.currentThread().isInterrupted();
  }

  @Override
  public void add(Member member) {
    EqualRequests equal = equal(member);
    member.equal = equal;
    if (equal.first == member) {
      distinct.add(equal);
      bytes += bytes(member.check);
    } else {
      equal.size++;
    }
  }

  private EqualRequests equal(Member member) {
    if (distinct.isEmpty() || !member.hasEquals()) {
      return new EqualRequests(member);
    }
    EqualRequests earlier = known().get(member.check);
    if (earlier == null) {
      earlier = new EqualRequests(member);
      known().put(member.check, earlier);
    }
    return earlier;
  }

  private Map<CheckRequest, EqualRequests> known() {
    Map<CheckRequest, EqualRequests> current = known;
    if (current == null) {
      current = new HashMap<>();
      for (EqualRequests earlier : distinct) {
        if (earlier.first.hasEquals()) {
          current.put(earlier.first.check, earlier);
        }
      }
      known = current;
    }
    return current;
  }

  private static int bytes(CheckRequest check) {
    int bytes = 0;
    for (int i = 0; i < check.size(); i++) {
      bytes += check.key(i).length() + RULE_BYTES;
    }
    return bytes;
  }

  /** Asks until all are answered: again for equal requests of which only some were admitted. */
  @Override
  public void send() {
    List<EqualRequests> open = distinct;
    try {
      while (!open.isEmpty()) {
        open = ask(open);
      }
    } catch (RedisException e) {
      return; // the rest has no answer
    }
  }

  private List<EqualRequests> ask(List<EqualRequests> open) {
    List<Share> shares = new ArrayList<>(open.size());
    for (EqualRequests equal : open) {
      shares.add(equal.open());
    }
    List<Outcome> outcomes = sender.send(shares);
    List<EqualRequests> still = new ArrayList<>(0);
    for (int i = 0; i < open.size(); i++) {
      EqualRequests equal = open.get(i);
      equal.decided(outcomes.get(i));
      if (equal.isOpen()) {
        still.add(equal);
      }
    }
    return still;
  }

  @Override
  public @Nullable CheckResult answer(Member member) {
    EqualRequests equal = member.equal;
    return equal == null ? null : equal.next(admissions);
  }
}
