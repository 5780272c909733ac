package io.mandate.verify.process;

import java.time.Duration;

/** The pause between two looks at a condition that other processes change: nothing in this JVM could notify us. */
public final class Pause {
    private Pause() {}

    public static void of(Duration duration) {
        try {
            Thread.sleep(duration.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting", e);
        }
    }
}
