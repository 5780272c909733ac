package io.mandate.keyspace.dedup;

import io.mandate.keyspace.api.KeyspaceLimits;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.Request;
import io.mandate.keyspace.dedup.ClientSession.Answer;
import io.mandate.keyspace.index.LongTable;
import org.jspecify.annotations.Nullable;

/**
 * First answers of requests that may be sent again (S3). What is forgotten, and when, follows from the log alone, so
 * that all nodes forget the same: the lowest numbers of a session beyond {@link KeyspaceLimits#answersPerSessionMax},
 * the longest-kept of all beyond {@link KeyspaceLimits#answerBytesMax}, and a session as a whole with its lease. Used
 * by the writer alone.
 *
 * <p>A refusal is an answer too: it changed nothing, but a client that received it must not find its request applied
 * after all.
 */
public final class ClientSessions {
    private final LongTable<ClientSession> table = new LongTable<>();
    private final KeyspaceLimits limits;
    private @Nullable Answer oldest;
    private @Nullable Answer newest;
    private long answerBytes;
    private long stamps;

    public ClientSessions(KeyspaceLimits limits) {
        this.limits = limits;
    }

    /**
     * The answer given when this request was first applied; null if it is new, or if that is {@linkplain #isForgotten
     * not known}.
     */
    @Nullable
    public Outcome firstAnswer(Request.RequestId id) {
        ClientSession session = table.get(id.sessionId());
        Answer answer = session == null ? null : session.find(id.sequence());
        return answer == null ? null : answer.outcome;
    }

    /** Whether a request without a kept answer may have been applied before. */
    public boolean isForgotten(Request.RequestId id) {
        ClientSession session = table.get(id.sessionId());
        return session != null && id.sequence() <= session.forgottenSequence();
    }

    public void remember(Request.RequestId id, Outcome outcome) {
        stamps++;
        restore(new Answer(id.sessionId(), id.sequence(), stamps, outcome));
        ClientSession session = forChange(id.sessionId());
        if (session.count() > limits.answersPerSessionMax()) {
            forget(session, session.at(0));
        }
        while (answerBytes > limits.answerBytesMax() && oldest != null) {
            forget(forChange(oldest.sessionId), oldest);
        }
    }

    /** Ends a session, if there is one. */
    public void end(long sessionId) {
        ClientSession session = table.get(sessionId);
        if (session != null) {
            for (int i = 0; i < session.count(); i++) {
                unlink(session.at(i));
            }
            table.remove(sessionId);
        }
    }

    public LongTable.Captured<ClientSession> capture() {
        return table.capture();
    }

    /** Answers remembered so far: the stamp of the last one. */
    public long stamps() {
        return stamps;
    }

    public void stamps(long newStamps) {
        stamps = newStamps;
    }

    /** Takes over a session without its answers. */
    public void restore(long sessionId, long forgottenSequence) {
        table.put(new ClientSession(sessionId, table.generation(), forgottenSequence));
    }

    /** Takes over an answer; to be called in the order of the stamps. */
    public void restore(Answer answer) {
        forChange(answer.sessionId).add(answer);
        answer.before = newest;
        if (newest == null) {
            oldest = answer;
        } else {
            newest.after = answer;
        }
        newest = answer;
        answerBytes += answer.sizeBytes;
    }

    private ClientSession forChange(long sessionId) {
        ClientSession session = table.get(sessionId);
        if (session != null && session.generation() == table.generation()) {
            return session;
        }
        ClientSession fresh = session == null
                ? new ClientSession(sessionId, table.generation(), 0)
                : session.copy(table.generation());
        table.put(fresh);
        return fresh;
    }

    private void forget(ClientSession session, Answer answer) {
        session.forget(answer);
        unlink(answer);
    }

    private void unlink(Answer answer) {
        if (answer.before == null) {
            oldest = answer.after;
        } else {
            answer.before.after = answer.after;
        }
        if (answer.after == null) {
            newest = answer.before;
        } else {
            answer.after.before = answer.before;
        }
        answer.before = null;
        answer.after = null;
        answerBytes -= answer.sizeBytes;
    }
}
