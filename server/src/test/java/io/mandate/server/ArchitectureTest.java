package io.mandate.server;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.mandate.server", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule theEngineIsNamedInTheRaftPackageOnly = noClasses()
            .that()
            .resideOutsideOfPackage("io.mandate.server.raft..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("com.alipay..");

    @ArchTest
    static final ArchRule theWireIsNamedAtTheDoorOnly = noClasses()
            .that()
            .resideOutsideOfPackages("io.mandate.server.etcd..", "io.mandate.server.http..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.mandate.etcdapi..", "io.grpc..");

    @ArchTest
    static final ArchRule arrowsPointDown = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("node")
            .definedBy("io.mandate.server")
            .layer("http")
            .definedBy("io.mandate.server.http")
            .layer("etcd")
            .definedBy("io.mandate.server.etcd")
            .layer("watch")
            .definedBy("io.mandate.server.watch")
            .layer("lease")
            .definedBy("io.mandate.server.lease")
            .layer("raft")
            .definedBy("io.mandate.server.raft")
            .layer("transport")
            .definedBy("io.mandate.server.raft.transport")
            .layer("log")
            .definedBy("io.mandate.server.log")
            .whereLayer("log")
            .mayOnlyBeAccessedByLayers("raft")
            .whereLayer("node")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("http")
            .mayOnlyBeAccessedByLayers("node")
            .whereLayer("etcd")
            .mayOnlyBeAccessedByLayers("node")
            .whereLayer("watch")
            .mayOnlyBeAccessedByLayers("node", "etcd")
            .whereLayer("lease")
            .mayOnlyBeAccessedByLayers("node", "etcd")
            .whereLayer("raft")
            .mayOnlyBeAccessedByLayers("node", "http", "etcd", "watch", "lease")
            .whereLayer("transport")
            .mayOnlyBeAccessedByLayers("raft", "node");
}
