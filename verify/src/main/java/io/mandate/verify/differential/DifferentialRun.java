package io.mandate.verify.differential;

import io.grpc.Channel;
import io.grpc.Status;
import io.mandate.verify.process.Pause;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Plays one seed's steps to two servers, each step to both at once, and compares the answers. Both stores are emptied
 * first, and the revision of the one that is behind is brought up to the other's.
 */
final class DifferentialRun {
    /** Longer than a side's limit for one call. */
    private static final long STEP_SECONDS_MAX = 30;

    private static final long LATE_EVENTS_SECONDS_MAX = 5;
    private static final Duration LATE_EVENTS_POLL = Duration.ofMillis(5);

    private final Side left;
    private final Side right;
    private final RunOptions options;
    private final RunReport report;
    private final Model model = new Model();
    private int stepNumber;

    private DifferentialRun(Side left, Side right, RunOptions options) {
        this.left = left;
        this.right = right;
        this.options = options;
        this.report = new RunReport(options);
    }

    /**
     * Deletes everything that both servers hold, and plays. The left one is taken for right: the requests are made from
     * its answers.
     */
    static RunReport play(Channel left, Channel right, RunOptions options) throws InterruptedException {
        long start = System.nanoTime();
        try (Side leftSide = new Side("left", left);
                Side rightSide = new Side("right", right)) {
            DifferentialRun run = new DifferentialRun(leftSide, rightSide, options);
            run.prepare();
            run.play();
            run.report.elapsed(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
            return run.report;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    private void prepare() throws InterruptedException, ExecutionException {
        long behind = left.empty() - right.empty();
        for (Side late = behind < 0 ? left : right; behind != 0; behind -= Long.signum(behind)) {
            late.advance();
        }
    }

    private void play() throws InterruptedException {
        RequestSource source = new RequestSource(options.seed(), model);
        while ((report.requests() < options.requests() || source.isInScript())
                && report.differences().size() < options.differencesMax()) {
            perform(source.next());
        }
        if (report.differences().isEmpty()) {
            perform(new Step.WatchSync());
        }
    }

    private void perform(Step step) throws InterruptedException {
        stepNumber++;
        report.request(step);
        CompletableFuture<StepAnswer> leftFuture = left.perform(step);
        CompletableFuture<StepAnswer> rightFuture = right.perform(step);
        StepAnswer leftAnswer = Normaliser.normalise(await(leftFuture));
        StepAnswer rightAnswer = Normaliser.normalise(await(rightFuture));
        report.answer(step, leftAnswer);
        compare(step, leftAnswer, rightAnswer);
        model.observe(step, leftAnswer);
        if (step instanceof Step.WatchSync) {
            compareWatches();
        }
    }

    private void compare(Step step, StepAnswer leftAnswer, StepAnswer rightAnswer) {
        if (leftAnswer.isFromServer() && leftAnswer.equals(rightAnswer)) {
            return;
        }
        Optional<DeliberateDifference> deliberate = options.deliberate().stream()
                .filter(wanted -> wanted.matcher().matches(step, leftAnswer, rightAnswer))
                .findFirst();
        if (deliberate.isPresent()) {
            report.deliberate(deliberate.get());
        } else {
            report.difference(new Difference(stepNumber, print(step), leftAnswer.toString(), rightAnswer.toString()));
        }
    }

    private void compareWatches() {
        awaitEvenCounts();
        new WatchComparison(stepNumber, model, report).compare(left.drainWatches(), right.drainWatches());
    }

    /**
     * On a stream that answers no progress request nothing proves that a watcher whose queue was full for a moment, and
     * which the server then serves in a later round, has been told everything. So that one gets the time for it.
     */
    private void awaitEvenCounts() {
        long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(LATE_EVENTS_SECONDS_MAX);
        while (!left.toldCounts().equals(right.toldCounts()) && System.nanoTime() - deadlineNanos < 0) {
            Pause.of(LATE_EVENTS_POLL);
        }
    }

    private static String print(Step step) {
        if (step instanceof Step.Call call) {
            return call.call() + " {" + StepAnswer.print(call.request()) + "}";
        } else if (step instanceof Step.WatchCreate create) {
            return "WATCH_CREATE on stream " + create.stream() + " {" + StepAnswer.print(create.request()) + "}";
        }
        return step.toString();
    }

    private static StepAnswer await(CompletableFuture<StepAnswer> future) throws InterruptedException {
        try {
            return future.get(STEP_SECONDS_MAX, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            return StepAnswer.ofTest(Status.Code.UNKNOWN, String.valueOf(e.getCause()));
        } catch (TimeoutException e) {
            return StepAnswer.ofTest(Status.Code.DEADLINE_EXCEEDED, "no answer within " + STEP_SECONDS_MAX + " s");
        }
    }
}
