package io.perfkit.examples.marketplace;

import static java.util.Objects.requireNonNull;

import io.perfkit.db.batch.BatchConfig;
import io.perfkit.db.batch.BatchTable;
import io.perfkit.db.batch.BatchWriter;
import io.perfkit.db.batch.RowRejected;
import io.perfkit.examples.marketplace.Entities.Bet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import javax.sql.DataSource;

/**
 * Records bets: those that come at the same time share a statement and a commit, and each is
 * answered when it is committed. Thread safe.
 *
 * <p>A bet and its debit are one row: a trigger of {@link Schema} takes the stake from the balance
 * with the insert, whose check refuses a balance below zero; the writer then parts the refused bet
 * from its neighbours. The trigger does not fire where a bet is found to be there already, so
 * whatever the writer has to repeat after a failure takes the stake once. The key begins with the
 * user, and the writer writes in the order of keys: so transactions lock balances in one order.
 */
final class BetWriter implements AutoCloseable {
  private static final BatchTable<Bet> TABLE =
      BatchTable.<Bet>named("bets")
          .key("user_id", Bet::userId)
          .key("id", Bet::id)
          .column("market_id", Bet::marketId)
          .column("side", Bet::side)
          .column("stake_cents", Bet::stakeCents)
          .column("placed_at", Bet::placedAt)
          .column("takes_stake", bet -> true)
          .build();

  /* Somebody waits for each bet, so it is given up sooner than by default. */
  private static final BatchConfig CONFIG =
      BatchConfig.builder()
          .writeTimeout(Duration.ofSeconds(5))
          .retryFor(Duration.ofSeconds(10))
          .closeWithin(Duration.ofSeconds(5))
          .build();

  private static final String NO_SUCH_USER = "23503";
  private static final String BALANCE_BELOW_ZERO = "23514";

  private final BatchWriter<Bet> writer;

  BetWriter(DataSource database) {
    try {
      // Nothing comes to the handler: the caller that waits for a bet learns what became of it.
      this.writer = BatchWriter.builder(database, TABLE, rejection -> {}).config(CONFIG).build();
    } catch (SQLException e) {
      throw new DatabaseFailed(e);
    }
  }

  /**
   * Returns when the bet is committed.
   *
   * @param order what it is made of
   * @throws Rejected if there is no such user or the balance is lower than the stake
   * @throws DatabaseFailed if it is not placed, or nobody knows
   */
  void write(Bet bet, BetOrder order) {
    // Not cut short: the writer gives up by itself, and until then the bet may still be placed.
    CompletableFuture<?> committed = writer.addAcknowledged(bet).toCompletableFuture();
    try {
      committed.get();
    } catch (ExecutionException e) {
      throw failure(requireNonNull(e.getCause(), "cause"), order);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DatabaseFailed(e);
    }
  }

  private static RuntimeException failure(Throwable failure, BetOrder order) {
    if (failure instanceof RowRejected && failure.getCause() instanceof SQLException refused) {
      if (NO_SUCH_USER.equals(refused.getSQLState())) {
        return Rejected.noUser(order.userId());
      }
      if (BALANCE_BELOW_ZERO.equals(refused.getSQLState())) {
        return Rejected.balanceTooLow(order.stakeCents());
      }
    }
    return new DatabaseFailed(failure);
  }

  /** Places what is under way, and tells the callers that wait. */
  @Override
  public void close() {
    writer.close();
  }
}
