package io.mandate.keyspace;

import static io.mandate.keyspace.Store.put;
import static io.mandate.keyspace.Store.putKeepingValue;
import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.keyspace.api.Applied;
import io.mandate.keyspace.api.Command;
import io.mandate.keyspace.api.KeyspaceLimits;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.Outcome.Refused.Reason;
import io.mandate.keyspace.api.Request;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClientSessionTest {
    private final Store store = new Store(new KeyspaceLimits(3, 1 << 20));

    @Test
    void aRetryGetsTheFirstAnswerAndHasNoEffect() {
        store.grant(7);
        Applied first = store.apply(request(1, put("a", "1")));
        store.must(put("a", "2"));

        Applied retry = store.apply(request(1, put("a", "1")));

        assertThat(retry).isEqualTo(new Applied(first.outcome(), List.of(), List.of()));
        assertThat(store.keyspace.revision()).isEqualTo(3);
    }

    @Test
    void aRefusalIsAnAnswerToo() {
        store.grant(7);
        Outcome refusal = store.apply(request(1, putKeepingValue("a", 0))).outcome();
        store.must(put("a", "1"));

        assertThat(store.apply(request(1, putKeepingValue("a", 0))).outcome())
                .isEqualTo(refusal)
                .isEqualTo(new Outcome.Refused(1, Reason.KEY_NOT_FOUND));
    }

    @Test
    void withoutItsLeaseASessionIsUnknown() {
        assertThat(store.apply(request(1, put("a", "1"))).outcome())
                .isEqualTo(new Outcome.Refused(1, Reason.LEASE_NOT_FOUND));

        store.grant(7);
        store.apply(request(1, put("a", "1")));
        store.apply(request(2, new Command.LeaseRevoke(7)));
        assertThat(store.apply(request(1, put("a", "1"))).outcome())
                .isEqualTo(new Outcome.Refused(2, Reason.LEASE_NOT_FOUND));

        store.grant(7);
        assertThat(store.apply(request(1, put("a", "2"))).outcome()).isEqualTo(new Outcome.Written(3, null));
    }

    @Test
    void beyondTheCountTheLowestNumbersAreForgottenAndTheirRetryRefused() {
        store.grant(7);
        for (long sequence : new long[] {1, 3, 2, 4, 5}) {
            store.apply(request(sequence, put("a", "v" + sequence)));
        }

        assertThat(store.apply(request(2, put("a", "v2"))).outcome())
                .isEqualTo(new Outcome.Refused(6, Reason.REQUEST_FORGOTTEN));
        assertThat(store.apply(request(3, put("a", "v3"))).outcome()).isEqualTo(new Outcome.Written(3, null));
        assertThat(store.apply(request(9, put("a", "v9"))).outcome()).isEqualTo(new Outcome.Written(7, null));
    }

    @Test
    void beyondTheBytesTheLongestKeptIsForgottenOfAllSessions() {
        Store small = new Store(new KeyspaceLimits(100, 150));
        small.grant(7);
        small.grant(8);
        small.apply(new Request(put("a", "1"), new Request.RequestId(7, 5)));
        small.apply(new Request(put("a", "2"), new Request.RequestId(8, 1)));
        small.apply(new Request(put("a", "3"), new Request.RequestId(8, 2)));

        assertThat(small.apply(new Request(put("a", "1"), new Request.RequestId(7, 5)))
                        .outcome())
                .isEqualTo(new Outcome.Refused(4, Reason.REQUEST_FORGOTTEN));
        assertThat(small.apply(new Request(put("a", "2"), new Request.RequestId(8, 1)))
                        .outcome())
                .isEqualTo(new Outcome.Written(3, null));
    }

    private static Request request(long sequence, Command command) {
        return new Request(command, new Request.RequestId(7, sequence));
    }
}
