package io.mandate.bench.metric;

import java.util.Locale;
import java.util.Optional;

/**
 * How far Mandate wants to get with one metric.
 *
 * @param kind what is compared with the bound
 * @param bound a ratio Mandate/etcd, or a value in the metric's unit; meaningless for {@link Kind#NONE}
 */
public record Goal(Kind kind, double bound) {

    static final Goal NONE = new Goal(Kind.NONE, 0);

    enum Kind {
        NONE,
        /** Mandate's median over etcd's, of the same run. */
        RATIO_AT_LEAST,
        RATIO_AT_MOST,
        /** Mandate's median, whatever etcd does. */
        MEDIAN_AT_MOST,
        /** The worst of Mandate's samples. */
        WORST_AT_MOST
    }

    public enum Verdict {
        MET,
        MISSED,
        /** No goal, or not both sides measured. */
        OPEN
    }

    public Goal {
        if (!Double.isFinite(bound) || bound < 0) {
            throw new IllegalArgumentException("bound: " + bound);
        }
    }

    static Goal ratioAtLeast(double bound) {
        return new Goal(Kind.RATIO_AT_LEAST, bound);
    }

    static Goal ratioAtMost(double bound) {
        return new Goal(Kind.RATIO_AT_MOST, bound);
    }

    static Goal medianAtMost(double bound) {
        return new Goal(Kind.MEDIAN_AT_MOST, bound);
    }

    static Goal worstAtMost(double bound) {
        return new Goal(Kind.WORST_AT_MOST, bound);
    }

    public Verdict judge(Optional<Summary> etcd, Optional<Summary> mandate) {
        if (kind == Kind.NONE || mandate.isEmpty()) {
            return Verdict.OPEN;
        }
        if (kind == Kind.MEDIAN_AT_MOST) {
            return verdict(mandate.get().median() <= bound);
        }
        if (kind == Kind.WORST_AT_MOST) {
            return verdict(mandate.get().max() <= bound);
        }
        Optional<Double> ratio = Summary.ratio(mandate, etcd);
        if (ratio.isEmpty()) {
            return Verdict.OPEN;
        }
        return verdict(kind == Kind.RATIO_AT_LEAST ? ratio.get() >= bound : ratio.get() <= bound);
    }

    private static Verdict verdict(boolean met) {
        return met ? Verdict.MET : Verdict.MISSED;
    }

    /** As it stands in the table, such as {@code >= 4 x}. */
    public String text(String unit) {
        String number = String.format(Locale.ROOT, bound == Math.rint(bound) ? "%.0f" : "%s", bound);
        return switch (kind) {
            case NONE -> "";
            case RATIO_AT_LEAST -> ">= " + number + " x";
            case RATIO_AT_MOST -> "<= " + number + " x";
            case MEDIAN_AT_MOST -> "<= " + number + " " + unit;
            case WORST_AT_MOST -> "worst <= " + number + " " + unit;
        };
    }
}
