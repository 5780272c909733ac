package io.mandate.election;

import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;

/**
 * The crontab's five fields, as sets of numbers.
 *
 * @param anyDay whether one of both days suffices, because both are restricted
 */
record Cron(
        String expression,
        ZoneId zone,
        BitSet minutes,
        BitSet hours,
        BitSet daysOfMonth,
        BitSet months,
        BitSet daysOfWeek,
        boolean anyDay)
        implements Schedule {
    /** Any day of the calendar comes within; the 29th of February needs eight years around 1900 and 2100. */
    private static final int YEARS_MAX = 9;

    private static final List<String> MONTHS =
            List.of("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec");
    private static final List<String> DAYS = List.of("sun", "mon", "tue", "wed", "thu", "fri", "sat");

    /** What may stand in one place. */
    private record Field(String name, int min, int max, List<String> names) {
        BitSet parse(String text) {
            BitSet values = new BitSet();
            for (String part : text.split(",", -1)) {
                String[] stepped = part.split("/", -1);
                if (stepped.length > 2) {
                    throw refused(text);
                }
                int step = stepped.length == 2 ? number(stepped[1], 1, max) : 1;
                String[] ends = stepped[0].split("-", -1);
                int from = stepped[0].equals("*") ? min : number(ends[0], min, max);
                int to = stepped[0].equals("*") ? max : end(ends, from, stepped.length == 2, text);
                if (ends.length > 2 || to < from) {
                    throw refused(text);
                }
                for (int value = from; value <= to; value += step) {
                    values.set(value);
                }
            }
            return values;
        }

        private int end(String[] ends, int from, boolean withStep, String text) {
            if (ends.length > 2) {
                throw refused(text);
            }
            // "5/15" is from 5 on.
            return ends.length == 2 ? number(ends[1], min, max) : withStep ? max : from;
        }

        private int number(String text, int least, int most) {
            int named = names.indexOf(text.toLowerCase(Locale.ROOT));
            if (named >= 0) {
                return named + min;
            }
            if (!text.matches("\\d{1,2}")) {
                throw refused(text);
            }
            int value = Integer.parseInt(text);
            if (value < least || value > most) {
                throw refused(text);
            }
            return value;
        }

        private IllegalArgumentException refused(String text) {
            return new IllegalArgumentException("'" + text + "' is no " + name + ": numbers from " + min + " to " + max
                    + ", as *, a, a-b, a,b, or with /step");
        }
    }

    private static final Field MINUTE = new Field("minute", 0, 59, List.of());
    private static final Field HOUR = new Field("hour", 0, 23, List.of());
    private static final Field DAY_OF_MONTH = new Field("day of the month", 1, 31, List.of());
    private static final Field MONTH = new Field("month", 1, 12, MONTHS);
    private static final Field DAY_OF_WEEK = new Field("day of the week", 0, 7, DAYS);

    public static Cron parse(String expression, ZoneId zone) {
        String[] fields = expression.trim().split("\\s+", -1);
        if (fields.length != 5) {
            throw new IllegalArgumentException("cron expression '" + expression + "' has " + fields.length
                    + " fields, not 5: minute, hour, day of month, month, day of week");
        }
        BitSet daysOfWeek = DAY_OF_WEEK.parse(fields[4]);
        if (daysOfWeek.get(7)) {
            daysOfWeek.set(0);
        }
        Cron cron = new Cron(
                expression,
                zone,
                MINUTE.parse(fields[0]),
                HOUR.parse(fields[1]),
                DAY_OF_MONTH.parse(fields[2]),
                MONTH.parse(fields[3]),
                daysOfWeek,
                !fields[2].startsWith("*") && !fields[4].startsWith("*"));
        cron.next(Instant.EPOCH, Instant.EPOCH);
        return cron;
    }

    @Override
    public Instant next(Instant lastSlot, Instant lastFinished) {
        LocalDateTime after = LocalDateTime.ofInstant(lastSlot, zone);
        LocalDate day = after.toLocalDate();
        LocalDate last = day.plusYears(YEARS_MAX);
        for (; day.isBefore(last); day = day.plusDays(1)) {
            if (!months.get(day.getMonthValue()) || !matchesDay(day)) {
                continue;
            }
            // A time that the zone has twice is the earlier one here, so none before the last slot's on its day comes
            // later.
            int firstHour = day.equals(after.toLocalDate()) ? after.getHour() : 0;
            for (int hour = hours.nextSetBit(firstHour); hour >= 0; hour = hours.nextSetBit(hour + 1)) {
                for (int minute = minutes.nextSetBit(0); minute >= 0; minute = minutes.nextSetBit(minute + 1)) {
                    LocalDateTime time = day.atTime(hour, minute);
                    List<ZoneOffset> offsets = zone.getRules().getValidOffsets(time);
                    // The zone skips times without an offset; of two the first counts.
                    if (!offsets.isEmpty() && time.toInstant(offsets.get(0)).isAfter(lastSlot)) {
                        return time.toInstant(offsets.get(0));
                    }
                }
            }
        }
        throw new IllegalArgumentException("cron expression '" + expression + "' names no day within " + YEARS_MAX
                + " years: look at the day of the month and the month");
    }

    private boolean matchesDay(LocalDate day) {
        boolean ofMonth = daysOfMonth.get(day.getDayOfMonth());
        boolean ofWeek = daysOfWeek.get(day.getDayOfWeek().getValue() % 7);
        return anyDay ? ofMonth || ofWeek : ofMonth && ofWeek;
    }
}
