package io.mandate.store.etcd;

import java.time.Duration;
import java.util.List;

/**
 * How to reach a store.
 *
 * @param endpoints in the forms of {@link Endpoint}, 1 to {@value #ENDPOINTS_MAX}, also several in one text with commas
 *     between them; kept as URLs. Tried in turn
 * @param requestTimeout after which an operation fails; 100 ms to 60 s. An endpoint that does not answer is left for
 *     another one after a third of it
 * @param group of a Mandate with several, 0 to {@value #GROUP_MAX}; 0 with an etcd
 */
public record EtcdOptions(List<String> endpoints, Duration requestTimeout, int group) {
    /** No cluster has more members. */
    public static final int ENDPOINTS_MAX = 32;

    /** No store has more than 64 groups. */
    public static final int GROUP_MAX = 63;

    /** Long enough for a store to elect another leader. */
    public static final Duration REQUEST_TIMEOUT_DEFAULT = Duration.ofSeconds(2);

    private static final Duration REQUEST_TIMEOUT_MIN = Duration.ofMillis(100);
    private static final Duration REQUEST_TIMEOUT_MAX = Duration.ofSeconds(60);

    /** Checks the bounds. */
    public EtcdOptions {
        endpoints =
                Endpoint.parseAll(endpoints).stream().map(Endpoint::toString).toList();
        if (requestTimeout.compareTo(REQUEST_TIMEOUT_MIN) < 0 || requestTimeout.compareTo(REQUEST_TIMEOUT_MAX) > 0) {
            throw new IllegalArgumentException("a request timeout of " + requestTimeout + " is not between "
                    + REQUEST_TIMEOUT_MIN + " and " + REQUEST_TIMEOUT_MAX);
        }
        if (group < 0 || group > GROUP_MAX) {
            throw new IllegalArgumentException("group " + group + " is not between 0 and " + GROUP_MAX);
        }
    }

    /** With the default timeout, in group 0. */
    public static EtcdOptions of(List<String> endpoints) {
        return new EtcdOptions(endpoints, REQUEST_TIMEOUT_DEFAULT, 0);
    }

    /** With another timeout. */
    public EtcdOptions withRequestTimeout(Duration timeout) {
        return new EtcdOptions(endpoints, timeout, group);
    }

    /** In another group. {@link EtcdStore#connectFor} finds the one of an election by itself. */
    public EtcdOptions withGroup(int number) {
        return new EtcdOptions(endpoints, requestTimeout, number);
    }
}
