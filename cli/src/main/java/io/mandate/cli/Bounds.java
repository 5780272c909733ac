package io.mandate.cli;

import java.time.Duration;

/** Checks of options that the store would answer in words of its own, or that an addition to would overflow. */
public final class Bounds {
    private Bounds() {}

    /** Refuses less. */
    public static long atLeast(String option, long value, long least) {
        if (value < least) {
            throw new SettingException(option + " " + value + " must be " + least + " or more");
        }
        return value;
    }

    /** Refuses less and more. */
    public static long within(String option, long value, long least, long most) {
        if (value < least || value > most) {
            throw new SettingException(option + " " + value + " must be " + least + " to " + most);
        }
        return value;
    }

    /** Refuses nothing at all, and more than {@code most}. */
    public static Duration positive(String option, Duration value, Duration most) {
        if (value.isZero() || value.compareTo(most) > 0) {
            throw new SettingException(
                    option + " " + value.toMillis() + " ms must be above 0 and at most " + most.toHours() + " hours");
        }
        return value;
    }
}
