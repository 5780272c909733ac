package io.mandate.server.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.Request;
import io.mandate.keyspace.api.TxnOperation;
import io.mandate.keyspace.codec.RequestCodec;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Whatever the leader's response is, every forwarded request completes. */
class OutcomesCodecTest {
    private final List<Proposal> proposals =
            Stream.generate(OutcomesCodecTest::put).limit(3).toList();

    private static Proposal put() {
        Request request = Request.of(TxnOperation.Put.of(Bytes.utf8("k"), Bytes.utf8("v")));
        return new Proposal(request, RequestCodec.size(request), Long.MAX_VALUE);
    }

    private static byte[] response() {
        List<Proposal> done = Stream.generate(OutcomesCodecTest::put).limit(3).toList();
        done.get(0).outcome.complete(new Outcome.Written(7, null));
        done.get(1).fail(ReplicationException.Kind.TOO_MANY_REQUESTS, "full");
        done.get(2).outcome.complete(new Outcome.Written(8, null));
        byte[] response = OutcomesCodec.write(done);
        return Arrays.copyOfRange(response, 1, response.length); // after the state
    }

    private static void assertUnknown(Proposal proposal) {
        assertThat(proposal.outcome).isCompletedExceptionally();
        assertThatThrownBy(proposal.outcome::join)
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        ReplicationException.class,
                        failed -> assertThat(failed.kind().isIndeterminate()).isTrue());
    }

    @Test
    void theOutcomesMissingInATruncatedResponseAreUnknown() {
        byte[] response = response();
        OutcomesCodec.read(ByteBuffer.wrap(response, 0, response.length - 1), proposals);
        assertThat(proposals.get(0).outcome.join()).isEqualTo(new Outcome.Written(7, null));
        assertThat(proposals.get(1).outcome).isCompletedExceptionally();
        assertUnknown(proposals.get(2));
    }

    @Test
    void anUnknownKindOfFailureMakesTheOutcomeUnknown() {
        byte[] response = response();
        response[0] = 99;
        OutcomesCodec.read(ByteBuffer.wrap(response), proposals);
        proposals.forEach(OutcomesCodecTest::assertUnknown);
    }
}
