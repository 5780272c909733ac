package io.mandate.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.store.etcd.Endpoint;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class EndpointOptionsTest {
    @Command(name = "any")
    static final class Holder {
        @Mixin
        EndpointOptions endpoints;
    }

    private static List<Endpoint> endpoints(Map<String, String> environment, String... arguments) {
        Holder holder = new Holder();
        new CommandLine(holder).parseArgs(arguments);
        return holder.endpoints.endpoints(environment);
    }

    @Test
    void theCommandLineWinsOverTheEnvironmentAndThatOverTheLocalNode() {
        Map<String, String> environment = Map.of("MANDATE_ENDPOINTS", "b:2, c:3");
        assertThat(endpoints(environment, "--endpoints", "a:1")).hasToString("[http://a:1]");
        assertThat(endpoints(environment)).hasToString("[http://b:2, http://c:3]");
        assertThat(endpoints(Map.of("MANDATE_ENDPOINTS", " "))).hasToString("[http://127.0.0.1:2379]");
        assertThat(endpoints(Map.of())).hasToString("[http://127.0.0.1:2379]");
    }

    @Test
    void severalAreGivenWithCommasOrOneAfterTheOther() {
        assertThat(endpoints(Map.of(), "--endpoints", "a:1,b:2", "--store=[::1]:3"))
                .hasToString("[http://a:1, http://b:2, http://[::1]:3]");
    }

    @Test
    void whatIsWrongIsNamedWithWhereItStands() {
        assertThatThrownBy(() -> endpoints(Map.of("MANDATE_ENDPOINTS", "b")))
                .isInstanceOf(SettingException.class)
                .hasMessage("MANDATE_ENDPOINTS: endpoint 'b' is not of the form host:port: write b:2379");
        assertThatThrownBy(() -> endpoints(Map.of(), "--endpoints", ","))
                .isInstanceOf(SettingException.class)
                .hasMessageStartingWith("--endpoints: 0 endpoints are not between 1 and 32");
    }
}
