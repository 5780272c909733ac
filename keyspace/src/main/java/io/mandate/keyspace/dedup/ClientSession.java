package io.mandate.keyspace.dedup;

import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.codec.OutcomeCodec;
import io.mandate.keyspace.index.LongTable;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The answers kept for one session, in the order of their sequence numbers, and up to which number answers were
 * forgotten. Changed by the writer alone, and only in the generation of the table it was made in: an older one may be
 * held by a capture and is copied first.
 */
public final class ClientSession extends LongTable.Entry {

    /**
     * An answer kept. The links chain the answers of all sessions in the order they were given; they are the writer's.
     */
    public static final class Answer {
        /** What an answer takes up beside its encoded size. */
        private static final int OVERHEAD_BYTES = 64;

        public final long sessionId;
        public final long sequence;
        public final long stamp;
        public final Outcome outcome;
        final long sizeBytes;

        @Nullable
        Answer before;

        @Nullable
        Answer after;

        public Answer(long sessionId, long sequence, long stamp, Outcome outcome) {
            this.sessionId = sessionId;
            this.sequence = sequence;
            this.stamp = stamp;
            this.outcome = outcome;
            this.sizeBytes = (long) OVERHEAD_BYTES + OutcomeCodec.size(outcome);
        }
    }

    private final long generation;
    private @Nullable Answer[] answers;
    private int start;
    private int end;
    private long forgottenSequence;

    ClientSession(long id, long generation, long forgottenSequence) {
        super(id);
        this.generation = generation;
        this.forgottenSequence = forgottenSequence;
        this.answers = new Answer[2];
    }

    ClientSession copy(long newGeneration) {
        ClientSession copy = new ClientSession(id(), newGeneration, forgottenSequence);
        copy.answers = Arrays.copyOfRange(answers, start, Math.max(end, start + 2));
        copy.end = end - start;
        return copy;
    }

    long generation() {
        return generation;
    }

    /**
     * A sequence number up to here without an answer was forgotten, or came too late to be distinguished from one that
     * was.
     */
    public long forgottenSequence() {
        return forgottenSequence;
    }

    public int count() {
        return end - start;
    }

    /** The {@code index}th answer, by sequence number. */
    public Answer at(int index) {
        return Objects.requireNonNull(answers[start + index]);
    }

    @Nullable
    Answer find(long sequence) {
        int slot = slotOf(sequence);
        Answer answer = slot < end ? answers[slot] : null;
        return answer != null && answer.sequence == sequence ? answer : null;
    }

    void add(Answer answer) {
        if (end == answers.length) {
            int count = count();
            @Nullable Answer[] roomier = new Answer[Math.max(2, count * 2)];
            System.arraycopy(answers, start, roomier, 0, count);
            answers = roomier;
            start = 0;
            end = count;
        }
        int slot = slotOf(answer.sequence);
        System.arraycopy(answers, slot, answers, slot + 1, end - slot);
        answers[slot] = answer;
        end++;
    }

    /** Lets an answer go for ever. */
    void forget(Answer answer) {
        int slot = slotOf(answer.sequence);
        System.arraycopy(answers, start, answers, start + 1, slot - start);
        answers[start++] = null;
        forgottenSequence = Math.max(forgottenSequence, answer.sequence);
    }

    private int slotOf(long sequence) {
        int low = start;
        int high = end;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (at(middle - start).sequence < sequence) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
