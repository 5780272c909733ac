package io.mandate.election.internal.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.election.store.Entry;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CandidateKeysTest {
    private static boolean isCandidate(String key, long leaseId) {
        return CandidateKeys.isCandidate("billing", new Entry(key, "somebody", 1, 1, leaseId));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "billing/694d9b2a6f1c0d11", // of etcd's concurrency package
                "billing/-1f", // the same on a negative lease
                "billing/ffffffffffffffff-7-1",
                "billing/abc-7-1-p30",
                "billing/abc-of-a-later-version"
            })
    void aKeyThatNamesALeaseDirectlyBelowTheElectionIsACandidatesIfItHangsOnOne(String key) {
        assertThat(isCandidate(key, 5)).isTrue();
        assertThat(isCandidate(key, 0)).as("without a lease").isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "billing/",
                "billing",
                "billing-eu/abc-7-1",
                "billing/eu/abc-7-1",
                "billing/abc/abc-7-1",
                "billing/abc-7-1/x",
                "billing/assignment/plan",
                "billing/config",
                "billing/abcdefg",
                "billing/ABC",
                "billing/0123456789abcdef0",
                "billing/abc.7",
                "shop/billing/abc-7-1"
            })
    void anyOtherKeyIsNotACandidates(String key) {
        assertThat(isCandidate(key, 5)).isFalse();
    }
}
