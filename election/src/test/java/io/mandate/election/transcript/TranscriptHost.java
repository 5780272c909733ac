package io.mandate.election.transcript;

import io.mandate.election.internal.candidacy.Candidacy;
import io.mandate.election.internal.candidacy.CandidacyEffect;
import io.mandate.election.internal.candidacy.CandidacyEvent;
import io.mandate.election.internal.candidacy.CandidacyOptions;
import io.mandate.election.internal.session.Session;
import io.mandate.election.internal.session.SessionEffect;
import io.mandate.election.internal.session.SessionEvent;
import io.mandate.election.internal.session.SessionOptions;
import io.mandate.election.internal.time.Moment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * One process with its session and one candidate, on a {@link Timeline}. Each request takes effect in the store and is
 * answered after {@value #ANSWER_MILLIS} ms, unless a fault says otherwise.
 */
final class TranscriptHost {
    private static final long ANSWER_MILLIS = 10;
    private static final long TTL_MILLIS = 3_000;
    private static final Pattern DEADLINE = Pattern.compile("Deadline\\[onMonotonicNanos=(\\d+), onWallNanos=\\d+]");
    private static final Pattern ENTRY =
            Pattern.compile("Entry\\[key=([^,]+), value=\\w+, version=\\d+, creation=(\\d+), leaseId=\\d+]");

    private final String name;
    private final Timeline time;
    private final TranscriptStore store;
    private final Consumer<String> log;
    private final Session session;
    private final Candidacy candidacy;
    private final Set<String> lostAnswers = new HashSet<>();
    private final List<Runnable> whenResumed = new ArrayList<>();
    private String watched = "";
    private boolean paused;
    private boolean cutOff;
    private long sessionWake;
    private long candidacyWake;

    TranscriptHost(String name, int number, int priority, Timeline time, TranscriptStore store, Consumer<String> log) {
        this.name = name;
        this.time = time;
        this.store = store;
        this.log = log;
        SplittableRandom random = new SplittableRandom(number);
        this.session = new Session(SessionOptions.of(Duration.ofMillis(TTL_MILLIS), 0.01), random);
        this.candidacy = new Candidacy(
                new CandidacyOptions("billing", number, priority, 10_000 * 1_000_000L, 500 * 1_000_000L), random);
        store.watch(key -> time.plan(
                ANSWER_MILLIS,
                () -> receive(() -> {
                    if (key.equals(watched)) {
                        candidate(new CandidacyEvent.Changed());
                    }
                })));
    }

    void campaign() {
        session(new SessionEvent.Open());
        candidate(new CandidacyEvent.Campaign(true));
    }

    void resign() {
        candidate(new CandidacyEvent.Resign());
    }

    void workReturned(boolean done) {
        candidate(new CandidacyEvent.WorkReturned(done));
    }

    void drainOverdue() {
        candidate(new CandidacyEvent.DrainOverdue());
    }

    void pause() {
        paused = true;
    }

    void resume() {
        paused = false;
        List.copyOf(whenResumed).forEach(Runnable::run);
        whenResumed.clear();
    }

    /** Requests have no effect, and no answer or watch notification arrives. */
    void cutOff(boolean isCutOff) {
        cutOff = isCutOff;
    }

    /** The next request of this kind takes effect, and its answer is lost. */
    void loseAnswerOf(String request) {
        lostAnswers.add(request);
    }

    /** A record as a line of the transcript: keys with their creations, and deadlines in milliseconds. */
    private static String words(Record step) {
        return ENTRY.matcher(DEADLINE.matcher(step.toString()).replaceAll(TranscriptHost::millis))
                .replaceAll("$1@$2")
                .replaceFirst("^(\\w+)\\[(.*)]$", "$1 $2")
                .strip();
    }

    private static String millis(MatchResult nanos) {
        return Long.parseLong(nanos.group(1)) / 1_000_000 + " ms";
    }

    private void session(SessionEvent event) {
        log.accept(name + " session   <- " + words((Record) event));
        sessionEffects(session.on(event, time.now()));
    }

    private void sessionEffects(List<SessionEffect> effects) {
        for (SessionEffect effect : effects) {
            if (!(effect instanceof SessionEffect.WakeAt)) {
                log.accept(name + " session   -> " + words((Record) effect));
            }
            effect.accept(new SessionEffects());
        }
    }

    private void candidate(CandidacyEvent event) {
        log.accept(name + " candidate <- " + words((Record) event));
        candidateEffects(candidacy.on(event, time.now()));
    }

    private void candidateEffects(List<CandidacyEffect> effects) {
        for (CandidacyEffect effect : effects) {
            if (!(effect instanceof CandidacyEffect.WakeAt)) {
                log.accept(name + " candidate -> " + words((Record) effect));
            }
            effect.accept(new CandidateEffects());
        }
    }

    /** Runs now, or when the process is resumed. */
    private void receive(Runnable action) {
        if (paused) {
            whenResumed.add(action);
        } else if (!cutOff) {
            action.run();
        }
    }

    /**
     * @param request its kind, for faults
     * @param effect what it does to the store; the result is run when the answer arrives
     */
    private void send(String request, Supplier<Runnable> effect) {
        if (cutOff) {
            return;
        }
        boolean lost = lostAnswers.remove(request);
        time.plan(ANSWER_MILLIS / 2, () -> {
            Runnable answer = effect.get();
            if (!lost) {
                time.plan(ANSWER_MILLIS / 2, () -> receive(answer));
            }
        });
    }

    private long delayMillis(Moment when) {
        return (when.nanosSince(time.now()) + 999_999) / 1_000_000;
    }

    private final class SessionEffects implements SessionEffect.Handler {
        @Override
        public void grant(SessionEffect.Grant effect) {
            send("Grant", () -> {
                long lease = store.grant(effect.ttlMillis());
                return () -> session(new SessionEvent.Granted(effect.attempt(), lease, effect.ttlMillis()));
            });
        }

        @Override
        public void renew(SessionEffect.Renew effect) {
            send("Renew", () -> {
                boolean renewed = store.renew(effect.leaseId(), TTL_MILLIS);
                return () -> session(
                        renewed
                                ? new SessionEvent.Renewed(effect.attempt(), TTL_MILLIS)
                                : new SessionEvent.NotFound(effect.attempt()));
            });
        }

        @Override
        public void revoke(SessionEffect.Revoke effect) {
            send("Revoke", () -> {
                store.revoke(effect.leaseId());
                return () -> {};
            });
        }

        @Override
        public void began(SessionEffect.Began effect) {
            candidate(new CandidacyEvent.LeaseBegan(effect.leaseId()));
        }

        @Override
        public void extended(SessionEffect.Extended effect) {}

        @Override
        public void endangered(SessionEffect.Endangered effect) {}

        @Override
        public void ended(SessionEffect.Ended effect) {
            candidate(new CandidacyEvent.LeaseEnded(effect.why()));
        }

        @Override
        public void wakeAt(SessionEffect.WakeAt effect) {
            long wake = ++sessionWake;
            time.plan(
                    delayMillis(effect.when()),
                    () -> receiveTick(() -> {
                        if (wake == sessionWake) {
                            sessionEffects(session.on(new SessionEvent.Tick(), time.now()));
                        }
                    }));
        }
    }

    /** Ticks come from the process itself: also when it is cut off. */
    private void receiveTick(Runnable tick) {
        if (paused) {
            whenResumed.add(tick);
        } else {
            tick.run();
        }
    }

    private final class CandidateEffects implements CandidacyEffect.Handler {
        @Override
        public void enter(CandidacyEffect.Enter effect) {
            send("Enter", () -> {
                CandidacyEvent answer = store.create(effect.key(), name, effect.leaseId())
                        .<CandidacyEvent>map(creation -> new CandidacyEvent.Entered(effect.attempt(), creation))
                        .orElseGet(() -> new CandidacyEvent.Failed(effect.attempt()));
                return () -> candidate(answer);
            });
        }

        @Override
        public void look(CandidacyEffect.Look effect) {
            send("Look", () -> {
                CandidacyEvent answer = new CandidacyEvent.Looked(effect.attempt(), store.list());
                return () -> candidate(answer);
            });
        }

        @Override
        public void remove(CandidacyEffect.Remove effect) {
            send("Remove", () -> {
                store.delete(effect.key(), effect.creation());
                return () -> candidate(new CandidacyEvent.Removed(effect.attempt()));
            });
        }

        @Override
        public void watch(CandidacyEffect.Watch effect) {
            watched = effect.key();
        }

        @Override
        public void unwatch(CandidacyEffect.Unwatch effect) {
            watched = "";
        }

        @Override
        public void beginTerm(CandidacyEffect.BeginTerm effect) {
            log.accept(name + " LEADS with token " + effect.token());
        }

        @Override
        public void askToFinish(CandidacyEffect.AskToFinish effect) {}

        @Override
        public void endTerm(CandidacyEffect.EndTerm effect) {
            log.accept(name + " NO LONGER LEADS: " + effect.why());
        }

        @Override
        public void left(CandidacyEffect.Left effect) {}

        @Override
        public void wakeAt(CandidacyEffect.WakeAt effect) {
            long wake = ++candidacyWake;
            time.plan(
                    delayMillis(effect.when()),
                    () -> receiveTick(() -> {
                        if (wake == candidacyWake) {
                            candidateEffects(candidacy.on(new CandidacyEvent.Tick(), time.now()));
                        }
                    }));
        }
    }
}
