package io.mandate.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NodeOptionsTest {
    private static NodeOptions.Builder options() {
        return NodeOptions.builder("n", Path.of("data"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://127.0.0.1",
                "http://127.0.0.1:0",
                "http://127.0.0.1:65536",
                "127.0.0.1:1",
                "https://h:1",
                "http:///x"
            })
    void aUrlThatIsNoAddressIsNamedBeforeANodeStarts(String text) {
        URI url = URI.create(text.startsWith("127") ? "//" + text : text);
        for (NodeOptions.Builder builder : List.of(
                options().listenClientUrls(List.of(url)),
                options().advertiseClientUrls(List.of(url)),
                options().listenPeerUrl(url),
                options().initialCluster(Map.of("n", url)))) {
            assertThatThrownBy(builder::build)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll(url.toString(), "http://host:port", "65535");
        }
    }

    @Test
    void anIpv6AddressIsOne() {
        URI url = URI.create("http://[::1]:2379");
        assertThat(options().listenClientUrls(List.of(url)).build().advertiseClientUrls())
                .containsExactly(url);
    }
}
