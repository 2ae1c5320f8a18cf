import XCTest

final class ServerPlaceTests: XCTestCase {
}
