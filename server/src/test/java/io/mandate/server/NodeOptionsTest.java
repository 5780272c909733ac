package io.mandate.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
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
    void aUrlWithoutAnAddressIsRefusedByName(String text) {
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

    @ParameterizedTest
    @ValueSource(strings = {"", " "})
    void anEmptyDataDirectoryIsRefusedAndNotTakenAsTheWorkingDirectory(String path) {
        assertThatThrownBy(() -> NodeOptions.builder("n", Path.of(path)).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("--data-dir", "MANDATE_DATA_DIR", "'" + path + "' is empty", "variable");
    }

    @Test
    void theDataDirectoryMayBeTheWorkingDirectoryExplicitly() {
        assertThat(NodeOptions.builder("n", Path.of(".")).build().dataDirectory())
                .isEqualTo(Path.of("."));
    }

    @Test
    void anIpv6AddressIsAccepted() {
        URI url = URI.create("http://[::1]:2379");
        assertThat(options().listenClientUrls(List.of(url)).build().advertiseClientUrls())
                .containsExactly(url);
    }

    @Test
    void optionsAreIndependentOfTheirBuilderAndItsArguments() {
        URI client = URI.create("http://127.0.0.1:1001");
        URI peer = URI.create("http://127.0.0.1:1002");
        List<URI> clients = new ArrayList<>(List.of(client));
        Map<String, URI> cluster = new HashMap<>(Map.of("one", peer));
        NodeOptions.Builder builder = NodeOptions.builder("one", Path.of("data"))
                .listenClientUrls(clients)
                .listenPeerUrl(peer)
                .initialCluster(cluster);
        NodeOptions built = builder.build();

        clients.clear();
        cluster.clear();
        builder.listenClientUrls(List.of(peer))
                .initialCluster(Map.of("one", client))
                .groups(4);

        assertThat(built.listenClientUrls()).containsExactly(client);
        assertThat(built.advertiseClientUrls()).containsExactly(client);
        assertThat(built.initialCluster()).containsExactly(Map.entry("one", peer));
        assertThat(built.groups()).isEqualTo(1);
        assertThat(builder.build().groups()).isEqualTo(4);
    }
}
