package io.perfkit.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class PeppersTest {
  private static final UserTag TAG = UserTag.of("shop", "alice");

  private static String name(SessionToken token, Peppers peppers) {
    return SessionId.of(token, peppers).map(SessionId::text).orElse("none");
  }

  @Test
  void aTokenHasOneNameUnderTheSecretItWasMadeWith() {
    Peppers old = Peppers.of(1, Secrets.bytes(1));
    Peppers accepting = old.accepting(2, Secrets.bytes(2));
    Peppers changed = Peppers.of(2, Secrets.bytes(2)).accepting(1, Secrets.bytes(1));
    SessionToken before = SessionId.mint(TAG, accepting, new SecureRandom()).token();
    SessionToken after = SessionId.mint(TAG, changed, new SecureRandom()).token();

    assertThat(before.pepper()).isEqualTo(1);
    assertThat(after.pepper()).isEqualTo(2);
    assertThat(name(before, old)).isEqualTo(name(before, changed)).hasSize(32);
    assertThat(name(after, accepting)).isEqualTo(name(after, changed));
    assertThat(name(after, old)).isEqualTo("none");
    assertThat(name(before, Peppers.of(1, Secrets.bytes(3)))).isNotEqualTo(name(before, old));
  }

  @Test
  void tokensAreOf256RandomBitsAndReadBackFromTheirText() {
    SecureRandom random = new SecureRandom();
    Set<String> seen = new HashSet<>();
    int[] ones = new int[256];
    int tokens = 2_000;
    for (int i = 0; i < tokens; i++) {
      SessionToken token = SessionId.mint(TAG, Secrets.ONE, random).token();
      assertThat(seen.add(token.text())).isTrue();
      assertThat(token.text()).hasSize(64).matches("[A-Za-z0-9_-]+");
      SessionToken parsed = SessionToken.parse(token.text()).orElseThrow();
      assertThat(parsed.bytes()).isEqualTo(token.bytes());
      assertThat(parsed.tag().text()).isEqualTo(TAG.text());
      for (int bit = 0; bit < 256; bit++) {
        ones[bit] += token.bytes()[16 + bit / 8] >> (bit % 8) & 1;
      }
    }
    for (int count : ones) {
      assertThat(count).as("of 2,000, nine standard deviations").isBetween(800, 1_200);
    }
  }

  @Test
  void refusesWhatIsNoSecret() {
    byte[] tooShort = {1, 2, 3};
    assertThatThrownBy(() -> Peppers.of(1, tooShort))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("secret: 3 bytes (expected: at least 32)");
    assertThatThrownBy(() -> Peppers.of(256, Secrets.bytes(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("id: 256 (expected: 0 to 255)");
    assertThatThrownBy(() -> Secrets.ONE.accepting(1, Secrets.bytes(2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("id: 1 (expected: none of [1])");
    assertThat(Secrets.ONE.accepting(7, Secrets.bytes(2)))
        .hasToString("Peppers[current 1, of [1, 7]]");
  }

  @Test
  void aSecretThatIsOverwrittenAfterwardsStaysWhatItWas() {
    byte[] secret = Secrets.bytes(1);
    Peppers peppers = Peppers.of(1, secret);
    SessionToken token = SessionId.mint(TAG, peppers, new SecureRandom()).token();
    Arrays.fill(secret, (byte) 0);
    assertThat(name(token, peppers)).isEqualTo(name(token, Secrets.ONE));
  }
}
