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
