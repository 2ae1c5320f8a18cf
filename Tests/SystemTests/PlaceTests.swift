import XCTest

final class SystemPlaceTests: XCTestCase {
}
