import Foundation
import TestSupport
import XCTest

/// Goal: what is delivered installs on a bare Debian 12 and runs there as it would under systemd or as a container. Method: the real binary in its package and
/// its image, within root directories of their own.
final class PackagingTests: XCTestCase {
    func test_packageAndImage_areTheSameTwice_andServe() throws {
        let debian = Project.root.appendingPathComponent(".build/debian-12.tar")
        XCTAssertTrue(FileManager.default.fileExists(atPath: debian.path), "script/bootstrap makes \(debian.path)")
        let run = try PythonReader.run("SystemTests/Scripts/packages.py", [TillServer.binary.path, debian.path])
        XCTAssertEqual(run.exitCode, 0, run.output)
        XCTAssertTrue(run.output.hasSuffix("everything held\n"), run.output)
    }

    /// sd_notify, `till health`, completion in three shells, the manual.
    func test_service_tellsItsManager_andShellsKnowItsWords() throws {
        let run = try PythonReader.run("SystemTests/Scripts/service.py", [TillServer.binary.path])
        XCTAssertEqual(run.exitCode, 0, run.output)
        XCTAssertTrue(run.output.hasSuffix("everything held\n"), run.output)
    }
}
