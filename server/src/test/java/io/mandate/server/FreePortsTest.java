package io.mandate.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FreePortsTest {
    @Test
    void portsAreDistinctAndBelowTheEphemeralRange() throws IOException {
        List<Integer> ports = FreePorts.find(300);
        assertThat(ports)
                .hasSize(300)
                .doesNotHaveDuplicates()
                .allSatisfy(port -> assertThat(port).isBetween(22_000, 31_999));
        try (ServerSocket listening = new ServerSocket(ports.get(0), 1, InetAddress.getLoopbackAddress())) {
            assertThat(listening.isBound()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 1_001})
    void aCountOutOfBoundsIsRefused(int count) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FreePorts.find(count))
                .withMessageContainingAll(Integer.toString(count), "1000");
    }
}
