import XCTest

@testable import Server

/// What a command is given is taken, or refused: nothing is passed over.
final class ArgumentsTests: XCTestCase {
    private func refusal(_ command: any Command.Type, _ words: String...) -> String? {
        do {
            _ = try command.run(try Arguments(words, options: command.options))
            return nil
        } catch { return (error as? UsageError)?.description ?? "\(error)" }
    }

    func test_optionsThatNeedOthers_areRefusedWithoutThem() {
        XCTAssertEqual(
            refusal(ContractPutCommand.self, "c", "--access", "read", "--scope", "own", "--webhook-secret", "s", "--data", "/nowhere"), "--webhook-secret needs --webhook-url")
        XCTAssertTrue(refusal(VerifyCommand.self, "--backup", "/nowhere", "--full")?.hasPrefix("--backup excludes --full") ?? false)
    }

    /// As a script's unset variable gives: of a directory it would be the one at hand.
    func test_placesWithoutAName_areRefused() {
        XCTAssertEqual(refusal(TypeListCommand.self, "--data", ""), "--data is empty")
        XCTAssertEqual(refusal(TypeListCommand.self, "--data="), "--data is empty")
        XCTAssertEqual(refusal(TypeListCommand.self, "--url", ""), "--url is empty")
        XCTAssertEqual(refusal(TypeListCommand.self, "--data", "/nowhere", "--config", ""), "--config is empty")
        XCTAssertEqual(refusal(SQLCommand.self, "SELECT 1", "--data", ""), "--data is empty")
        XCTAssertEqual(refusal(ImportCommand.self, "--data", "", "a.json"), "--data is empty")
        XCTAssertEqual(refusal(RecoverCommand.self, "--data", "/nowhere", "--backup", ""), "--backup is empty")
        XCTAssertEqual(refusal(VerifyCommand.self, "--log", ""), "--log is empty")
        // What is no place may be of nothing.
        XCTAssertNoThrow(try Arguments(["v", "SELECT 1", "--description", ""], options: ViewPutCommand.options))
    }

    func test_waits_mayBeOfNoTime() throws {
        func body(_ wait: String) throws -> String {
            String(decoding: try QueueReceiveCommand.call(try Arguments(["q", "--wait", wait], options: QueueReceiveCommand.options)).body, as: UTF8.self)
        }
        XCTAssertEqual(try body("0"), #"{"max":1,"wait":0}"#)
        XCTAssertEqual(try body("20"), #"{"max":1,"wait":20}"#)
        for wrong in ["21", "-1", "x", ""] {
            XCTAssertThrowsError(try body(wrong)) { XCTAssertEqual(($0 as? UsageError)?.description, "--wait wants a number from 0 to 20, not \(wrong)") }
        }
        let path = try JobShowCommand.call(try Arguments(["1", "--wait", "0"], options: JobShowCommand.options)).path
        XCTAssertEqual(path, "/v1/admin/jobs/1?wait=0")
    }
}
