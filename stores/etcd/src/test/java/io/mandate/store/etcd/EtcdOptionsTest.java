package io.mandate.store.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EtcdOptionsTest {
    @Test
    void optionsStayAsTheyAreWhateverBecomesOfTheListAndOfWhatIsDerivedFromThem() {
        List<String> endpoints = new ArrayList<>(List.of("http://127.0.0.1:1001"));
        EtcdOptions options = EtcdOptions.of(endpoints);
        EtcdOptions derived = options.withGroup(3).withRequestTimeout(Duration.ofSeconds(9));
        endpoints.add("http://127.0.0.1:1002");

        assertThat(options)
                .isEqualTo(new EtcdOptions(List.of("http://127.0.0.1:1001"), EtcdOptions.REQUEST_TIMEOUT_DEFAULT, 0));
        assertThat(derived).isEqualTo(new EtcdOptions(options.endpoints(), Duration.ofSeconds(9), 3));
    }
}
