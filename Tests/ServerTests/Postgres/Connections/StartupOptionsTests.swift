import XCTest

@testable import Server

/// Goal: `options` is read as PostgreSQL's command line is. Method: what libpq's documentation shows, and what it does not.
final class StartupOptionsTests: XCTestCase {
    private func read(_ text: String) throws -> [String] { try StartupOptions.parameters(text).map { "\($0.name)=\($0.value)" } }

    func test_parameters_forms_areRead() throws {
        XCTAssertEqual(try read(""), [])
        XCTAssertEqual(try read("-c till.auth=token  -cgeqo=off --statement-timeout=5s"), ["till.auth=token", "geqo=off", "statement_timeout=5s"])
        XCTAssertEqual(try read(#"-c search_path=a,\ b\\c"#), [#"search_path=a, b\c"#])
        XCTAssertEqual(try read("-c x="), ["x="])
    }

    func test_parameters_others_areRefused() {
        for text in ["-c", "-c x", "-d 5", "x=1", "--", "-c =1", "-c"] { XCTAssertThrowsError(try read(text), text) }
    }
}
