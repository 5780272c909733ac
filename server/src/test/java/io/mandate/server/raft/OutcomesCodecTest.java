package io.mandate.server.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.keyspace.Bytes;
import io.mandate.keyspace.Outcome;
import io.mandate.keyspace.Request;
import io.mandate.keyspace.RequestCodec;
import io.mandate.keyspace.TxnOperation;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Whatever the leader answers, every request that was forwarded to it ends. */
class OutcomesCodecTest {
    private final List<Proposal> asked =
            Stream.generate(OutcomesCodecTest::put).limit(3).toList();

    private static Proposal put() {
        Request request = Request.of(TxnOperation.Put.of(Bytes.utf8("k"), Bytes.utf8("v")));
        return new Proposal(request, RequestCodec.size(request), Long.MAX_VALUE);
    }

    private static byte[] answer() {
        List<Proposal> done = Stream.generate(OutcomesCodecTest::put).limit(3).toList();
        done.get(0).outcome.complete(new Outcome.Written(7, null));
        done.get(1).fail(ReplicationException.Kind.TOO_MANY_REQUESTS, "full");
        done.get(2).outcome.complete(new Outcome.Written(8, null));
        byte[] answer = OutcomesCodec.write(done);
        return Arrays.copyOfRange(answer, 1, answer.length); // behind the state
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
    void anAnswerThatIsCutOffLeavesOpenWhatItDoesNotSay() {
        byte[] answer = answer();
        OutcomesCodec.read(ByteBuffer.wrap(answer, 0, answer.length - 1), asked);
        assertThat(asked.get(0).outcome.join()).isEqualTo(new Outcome.Written(7, null));
        assertThat(asked.get(1).outcome).isCompletedExceptionally();
        assertUnknown(asked.get(2));
    }

    @Test
    void aFailureOfAKindThatIsNotKnownLeavesTheRequestOpen() {
        byte[] answer = answer();
        answer[0] = 99;
        OutcomesCodec.read(ByteBuffer.wrap(answer), asked);
        asked.forEach(OutcomesCodecTest::assertUnknown);
    }
}
