import ColumnStore
import XCTest

final class AddressPolicyTests: XCTestCase {
    private func allows(_ address: String, port: UInt16 = 443, host: String = "example.org", allow: [String] = []) throws -> Bool {
        try AddressPolicy(allow: allow).allows(address: XCTUnwrap(AddressPolicy.parse(address)), port: port, host: host)
    }

    func test_allows_publicAddresses_andNoInternalOnes() throws {
        for address in ["93.184.216.34", "8.8.8.8", "172.32.0.1", "2606:2800:220:1::1", "64:ff9b::808:808", "2002:808:808::1", "::8.8.8.8"] {
            XCTAssertTrue(try allows(address), address)
        }
        let inside = [
            "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1",
            "224.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
            "64:ff9b::7f00:1", "64:ff9b:1::808:808", "::127.0.0.1", "::10.0.0.1", "2002:7f00:1::1", "2002:c0a8:101::", "2001:0:53aa:64c::1", "fec0::1",
            "ff05::1", "198.18.0.1", "192.0.0.1", "240.0.0.1",
        ]
        for address in inside { XCTAssertFalse(try allows(address), address) }
    }

    func test_allows_listedEntries_withTheirPortsOnly() throws {
        XCTAssertTrue(try allows("127.0.0.1", port: 9_000, allow: ["127.0.0.1"]))
        XCTAssertTrue(try allows("127.0.0.1", port: 9_000, allow: ["127.0.0.1:9000"]))
        XCTAssertFalse(try allows("127.0.0.1", port: 9_001, allow: ["127.0.0.1:9000"]))
        XCTAssertTrue(try allows("10.20.30.40", allow: ["10.20.0.0/16"]))
        XCTAssertFalse(try allows("10.21.0.1", allow: ["10.20.0.0/16"]))
        XCTAssertTrue(try allows("10.0.0.9", host: "Tax.Internal", allow: ["tax.internal"]))
        XCTAssertTrue(try allows("10.0.0.9", port: 8_443, host: "tax.internal", allow: ["tax.internal:8443"]))
        XCTAssertFalse(try allows("10.0.0.9", host: "evil.internal", allow: ["tax.internal"]))
        XCTAssertTrue(try allows("::1", port: 80, allow: ["[::1]:80"]))
        XCTAssertFalse(try allows("::1", port: 81, allow: ["[::1]:80"]))
        XCTAssertTrue(try allows("fd00::5", allow: ["fd00::/8"]))
        XCTAssertTrue(try allows("::ffff:127.0.0.1", allow: ["127.0.0.1"]))
    }

    func test_init_entriesThatAreNone_areNamed() {
        for entry in ["", "10.0.0.0/33", "10.0.0.1:99999", "a b", "[::1]x", "host:", "10.0.0.0/8/8", "300.1.1.1", "10.0.0", "host.1", "10.0.0.1:+80", "10.0.0.0/+8"] {
            XCTAssertThrowsError(try AddressPolicy(allow: [entry]), entry) { error in
                XCTAssertTrue("\(error)".contains("\"\(entry)\""), "\(error)")
            }
        }
    }
}
