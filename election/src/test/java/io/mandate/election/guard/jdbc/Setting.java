package io.mandate.election.guard.jdbc;

import java.util.Arrays;
import java.util.stream.Stream;

/** A database at an isolation level. */
record Setting(Database database, JdbcIsolation isolation) {
    static Stream<Setting> all() {
        return Arrays.stream(Database.values())
                .flatMap(database -> Arrays.stream(JdbcIsolation.values()).map(level -> new Setting(database, level)));
    }
}
