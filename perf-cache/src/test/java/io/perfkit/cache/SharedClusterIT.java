package io.perfkit.cache;

import org.junit.jupiter.api.extension.RegisterExtension;
import redis.clients.jedis.UnifiedJedis;

final class SharedClusterIT extends SharedContract {
  @RegisterExtension static final ClusterClients CLIENTS = new ClusterClients();

  @Override
  UnifiedJedis newClient() {
    return CLIENTS.open();
  }
}
