package io.perfkit.examples.marketplace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class DatabaseAddressTest {

  @Test
  void takesTheLoginOutOfTheUrl() {
    assertThat(DatabaseAddress.parse("jdbc:postgresql://shop:a%40b%3Ac+d@db:5433/market?ssl=true"))
        .isEqualTo(
            new DatabaseAddress("jdbc:postgresql://db:5433/market?ssl=true", "shop", "a@b:c+d"));
    assertThat(DatabaseAddress.parse("postgresql://shop@db/market"))
        .isEqualTo(new DatabaseAddress("jdbc:postgresql://db/market", "shop", ""));
  }

  @Test
  void neverShowsThePassword() {
    String secret = "s3cret";
    assertThat(DatabaseAddress.parse("postgresql://shop:" + secret + "@db/market?password=x"))
        .asString()
        .isEqualTo("jdbc:postgresql://db/market");
    for (String bad :
        new String[] {
          "mysql://shop:s3cret@db/market", "postgresql://db/market", "postgresql://a:s3cret@ b"
        }) {
      assertThatThrownBy(() -> DatabaseAddress.parse(bad))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("PostgreSQL URL (expected: jdbc:postgresql://user:password@host/database)")
          .hasNoCause();
    }
  }
}
