package io.mandate.cli;

import io.mandate.store.etcd.Endpoint;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where the store is: the same for every command that talks to one. */
public final class EndpointOptions {
    private static final String VARIABLE = "MANDATE_ENDPOINTS";
    private static final Endpoint LOCAL = new Endpoint("127.0.0.1", 2379, false);

    @Option(
            names = {"--endpoints", "--store"},
            paramLabel = "HOST:PORT[,HOST:PORT]",
            description =
                    "Members of the store, tried in turn: host:port or a URL (default: $$MANDATE_ENDPOINTS, or the"
                            + " local node at 127.0.0.1:2379).")
    private @Nullable List<String> given;

    /** The endpoints that the command line names, else the environment, else the local node. */
    public List<Endpoint> endpoints() {
        return endpoints(System.getenv());
    }

    /** Whether nobody has named any. */
    public boolean areDefault() {
        return given == null && variable(System.getenv()).isBlank();
    }

    List<Endpoint> endpoints(Map<String, String> environment) {
        if (given != null) {
            return parse("--endpoints", given);
        }
        String variable = variable(environment);
        return variable.isBlank() ? List.of(LOCAL) : parse(VARIABLE, List.of(variable));
    }

    private static String variable(Map<String, String> environment) {
        return environment.getOrDefault(VARIABLE, "");
    }

    private static List<Endpoint> parse(String source, List<String> texts) {
        try {
            return Endpoint.parseAll(texts);
        } catch (IllegalArgumentException refused) {
            throw new SettingException(source + ": " + refused.getMessage());
        }
    }
}
