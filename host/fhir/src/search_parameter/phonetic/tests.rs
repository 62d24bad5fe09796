//! Names and what they sound like.

use super::sounds;

#[test]
fn names_by_sound() {
    for (name, expected) in [
        ("Robert", "r163"),
        ("Rupert", "r163"),
        ("Ashcraft", "a261"),
        ("Tymczak", "t522"),
        ("Pfister", "p236"),
        ("Honeyman", "h555"),
        ("Smith", "s530"),
        ("Smythe", "s530"),
        ("Öldröyd-Smith", "o436 s530"),
        ("O’Brien", "o165"),
        ("李", ""),
        ("", ""),
    ] {
        assert_eq!(sounds(name).join(" "), expected, "{name}");
    }
}
