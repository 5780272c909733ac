package io.mandate.store.etcd;

import java.time.Duration;
import java.util.List;

/**
 * How to reach a store.
 *
 * @param endpoints {@code http://host:port}, {@code https://host:port} or {@code host:port}; 1 to {@value #ENDPOINTS_MAX}. Tried in turn
 * @param requestTimeout after which an operation fails; 100 ms to 60 s. An endpoint that does not answer is left for another one after a third of it
 */
public record EtcdOptions(List<String> endpoints, Duration requestTimeout) {
    /** No cluster has more members. */
    public static final int ENDPOINTS_MAX = 32;

    /** Long enough for a store to elect another leader. */
    public static final Duration REQUEST_TIMEOUT_DEFAULT = Duration.ofSeconds(2);

    private static final Duration REQUEST_TIMEOUT_MIN = Duration.ofMillis(100);
    private static final Duration REQUEST_TIMEOUT_MAX = Duration.ofSeconds(60);

    /** Checks the bounds. */
    public EtcdOptions {
        endpoints = endpoints.stream().map(String::trim).distinct().toList();
        if (endpoints.isEmpty() || endpoints.size() > ENDPOINTS_MAX) {
            throw new IllegalArgumentException(endpoints.size() + " endpoints are not between 1 and " + ENDPOINTS_MAX
                    + ": name the members of one cluster");
        }
        endpoints.forEach(Endpoint::parse);
        if (requestTimeout.compareTo(REQUEST_TIMEOUT_MIN) < 0 || requestTimeout.compareTo(REQUEST_TIMEOUT_MAX) > 0) {
            throw new IllegalArgumentException("a request timeout of " + requestTimeout + " is not between "
                    + REQUEST_TIMEOUT_MIN + " and " + REQUEST_TIMEOUT_MAX);
        }
    }

    /** With the default timeout. */
    public static EtcdOptions of(List<String> endpoints) {
        return new EtcdOptions(endpoints, REQUEST_TIMEOUT_DEFAULT);
    }

    /** With another timeout. */
    public EtcdOptions withRequestTimeout(Duration timeout) {
        return new EtcdOptions(endpoints, timeout);
    }
}
