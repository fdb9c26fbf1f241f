package io.perfkit.db.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

final class PrimaryOnlyRouterTest {
  private final DataSource primary = new PGSimpleDataSource();

  @Test
  @SuppressWarnings("try") // scopes are opened for what they do
  void handsThePrimarysPoolOutAndPassesTokensOn() throws SQLException {
    try (Router router = Router.disabled(primary)) {
      try (RoutingScope reading = router.reading();
          CausalSession fresh = router.session();
          CausalSession continued = router.session("1:0/16B3748")) {
        assertThat(router.dataSource()).isSameAs(primary);
        assertThat(fresh.token()).isEmpty();
        assertThat(continued.token()).contains("1:0/16B3748");
      }
      assertThat(router.health().healthy()).isTrue();
      assertThat(router.health().warnings()).isEmpty();
      assertThat(router.stats()).isEqualTo(new RouterStats(0, 0, 0, 0));
    }
  }
}
