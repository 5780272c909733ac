package io.mandate.keyspace;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.mandate.keyspace", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule arrowsPointDown = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("keyspace")
            .definedBy("io.mandate.keyspace")
            .layer("snapshot")
            .definedBy("io.mandate.keyspace.snapshot")
            .layer("state")
            .definedBy("io.mandate.keyspace.state")
            .layer("dedup")
            .definedBy("io.mandate.keyspace.dedup")
            .layer("index")
            .definedBy("io.mandate.keyspace.index")
            .layer("codec")
            .definedBy("io.mandate.keyspace.codec")
            .layer("api")
            .definedBy("io.mandate.keyspace.api")
            .whereLayer("keyspace")
            .mayOnlyAccessLayers("snapshot", "state", "index", "api")
            .whereLayer("snapshot")
            .mayOnlyAccessLayers("state", "dedup", "index", "codec", "api")
            .whereLayer("state")
            .mayOnlyAccessLayers("dedup", "index", "api")
            .whereLayer("dedup")
            .mayOnlyAccessLayers("index", "codec", "api")
            .whereLayer("index")
            .mayOnlyAccessLayers("api")
            .whereLayer("codec")
            .mayOnlyAccessLayers("api")
            .whereLayer("api")
            .mayNotAccessAnyLayer();
}
