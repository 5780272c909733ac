package io.mandate.example.migration;

import io.mandate.election.Election;
import io.mandate.election.LeaderSchedule;
import io.mandate.election.MissedRuns;
import io.mandate.election.Schedule;
import io.mandate.election.ScheduledWork;
import java.time.ZoneId;

final class FromShedLock {
    private FromShedLock() {}

    /** Was: @Scheduled(cron = "0 0 3 * * *") with @SchedulerLock(name = "nightly", lockAtMostFor = "1h"). */
    static LeaderSchedule nightly(Election election, ScheduledWork work) {
        return election.schedule(Schedule.cron("0 3 * * *", ZoneId.of("Europe/Berlin")))
                .name("nightly")
                .missed(MissedRuns.CATCH_UP)
                .start(work);
    }
}
