package org.kvmzone;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.library.GeneralCodingRules;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The arrows of the design, which point downwards only, and what libraries must not do. */
class ArchitectureTest {
  private static final List<String> PLATFORM = List.of("java..", "org.jspecify..");
  private static final String COMMAND = "org.kvmzone.cli..";

  private static final JavaClasses CODE =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .withImportOption(ArchitectureTest::isNoTestJar)
          .importPackages("org.kvmzone");

  private static boolean isNoTestJar(Location location) {
    return !location.contains("-tests.jar");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          org.kvmzone.packet..    |
          org.kvmzone.dhcp..      | org.kvmzone.packet.. io.netty.buffer..
          org.kvmzone.antispoof.. | org.kvmzone.packet.. org.kvmzone.dhcp..
          org.kvmzone.bridge..    |
          org.kvmzone.net..       | io.netty.buffer.. org.kvmzone.bridge.. org.kvmzone.packet.. org.kvmzone.dhcp.. org.kvmzone.antispoof..
          org.kvmzone.blk..       | org.kvmzone.bridge..
          org.kvmzone.cli..       | org.kvmzone.bridge.. org.kvmzone.blk.zfs.. org.kvmzone.packet.. com.fasterxml.jackson.. picocli..
          """)
  void room_knowsOnlyTheRoomsBelowIt(String room, String below) {
    String[] known =
        Stream.of(
                PLATFORM.stream(),
                Stream.of(room),
                below == null ? Stream.<String>empty() : Stream.of(below.split(" ")))
            .flatMap(packages -> packages)
            .toArray(String[]::new);
    classes()
        .that()
        .resideInAPackage(room)
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(known)
        .check(CODE);
  }

  @Test
  void packages_dependOnEachOtherInOneDirection() {
    slices().matching("org.kvmzone.(**)").should().beFreeOfCycles().check(CODE);
  }

  @Test
  void onlyTheCommand_endsTheProcess() {
    noClasses()
        .that()
        .resideOutsideOfPackage(COMMAND)
        .should()
        .callMethod(System.class, "exit", int.class)
        .orShould()
        .callMethod(Runtime.class, "exit", int.class)
        .orShould()
        .callMethod(Runtime.class, "halt", int.class)
        .because("in QEMU it would end the guest")
        .check(CODE);
  }

  @Test
  void onlyTheCommandAndTheLogger_write() {
    noClasses()
        .that()
        .resideOutsideOfPackage(COMMAND)
        .and()
        .haveSimpleNameNotStartingWith("StderrLogger")
        .should(GeneralCodingRules.ACCESS_STANDARD_STREAMS)
        .because("QEMU's standard streams are the guest's console")
        .check(CODE);
  }

  @Test
  void onlyTheCommand_startsProcesses() {
    noClasses()
        .that()
        .resideOutsideOfPackage(COMMAND)
        .should()
        .dependOnClassesThat()
        .areAssignableTo(ProcessBuilder.class)
        .because("QEMU's sandbox kills whoever forks")
        .check(CODE);
  }

  @Test
  void onlyTheBindings_callTheCLibrary() {
    noClasses()
        .that()
        .resideOutsideOfPackages("org.kvmzone.bridge.ffi", "org.kvmzone.blk.zfs")
        .should()
        .dependOnClassesThat()
        .belongToAnyOf(Linker.class, SymbolLookup.class)
        .check(CODE);
  }

  @Test
  void everyPackage_saysThatNothingIsNull() {
    List<String> silent =
        CODE.getDefaultPackage().getSubpackagesInTree().stream()
            .filter(room -> !room.getClasses().isEmpty())
            .filter(room -> room.getName().startsWith("org.kvmzone"))
            .filter(room -> !room.isAnnotatedWith(NullMarked.class))
            .map(JavaPackage::getName)
            .toList();
    assertThat(silent).isEmpty();
  }
}
