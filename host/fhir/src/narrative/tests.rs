//! What a narrative may hold and what not, one row on each side of each rule.

use super::{lines, problem};

#[test]
fn narratives_by_case() {
    let rows = r##"
        <p>Words</p> =>
        <p>1 &lt; 2 &amp; &nbsp;&#160;&#xA0;</p> =>
        <!-- seen --><b>x</b> =>
        <!-- a -- b --><b>x</b> => a comment holds
        <p>a & b</p> => write `&` as
        <p>1 < 2</p> => a name is missing
        <p>x => `</div>` closes an element
        <p>x</b> => `</b>` closes an element
        <br/>x =>
        <br>x => `</div>` closes
          => a narrative needs words
        <img src="#i" alt="x"/> =>
        <img src="data:image/png;base64,AAAA"/> =>
        <img src="data:image/svg+xml;base64,AAAA"/> => an image of a narrative is contained
        <img src="http://evil.example/x.png"/> => an image of a narrative is contained
        <img src="//evil.example/x.png"/> => an image of a narrative is contained
        <img src="x.png" onerror="x()"/> => the attribute `onerror` of `img`
        <a href="https://nhs.uk">x</a> =>
        <a href="#part">x</a> =>
        <a href="Patient/1?x=a:b">x</a> =>
        <a href="javascript:x()">x</a> => a link of a narrative leads to
        <a href=" java&#115;cript&#58;x()">x</a> => a link of a narrative leads to
        <a href="java&Tab;script&colon;x()">x</a> => a link of a narrative leads to
        <a href="data:text/html,x">x</a> => a link of a narrative leads to
        <a href="vbscript:x">x</a> => a link of a narrative leads to
        <script>x()</script> => the element `script` is not allowed
        <SCRIPT>x()</SCRIPT> => the element `SCRIPT` is not allowed
        <x:script>x()</x:script> => the element `x:script` is not allowed
        <svg><p>x</p></svg> => the element `svg` is not allowed
        <iframe src="x"/> => the element `iframe` is not allowed
        <object>x</object> => the element `object` is not allowed
        <form>x</form> => the element `form` is not allowed
        <style>p{}</style> => the element `style` is not allowed
        <link href="x"/> => the element `link` is not allowed
        <base href="x"/> => the element `base` is not allowed
        <p style="color: red">x</p> =>
        <p style="background: url(http://x)">x</p> => a style that fetches
        <p style="background: u\72l(http://x)">x</p> => a style that fetches
        <p style="width: expression(x)">x</p> => a style that fetches
        <p onclick="x()">x</p> => the attribute `onclick`
        <p class="a" class="b">x</p> => `class` is given twice
        <p class=a>x</p> => `'` is missing
        <p xmlns="urn:x">x</p> => the namespace of a narrative
        <p xmlns:x="urn:x">x</p> => the attribute `xmlns:x`
        <![CDATA[x]]> => declarations, CDATA
        <!DOCTYPE html> => declarations, CDATA
        <?php x ?> => declarations, CDATA
        <table border="1"><tr><td colspan="2">x</td></tr></table> =>
        <td href="x">x</td> => the attribute `href` of `td`
        <ul><li>x</li></ul> =>
    "##;
    for row in rows.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let (inner, expected) = row.split_once("=>").unwrap_or((row, ""));
        let text = format!(
            "<div xmlns=\"http://www.w3.org/1999/xhtml\">{}</div>",
            inner.trim()
        );
        check(&text, expected.trim());
    }
}

fn check(text: &str, expected: &str) {
    let found = problem(text);
    let fits = match (&found, expected) {
        (None, "") => true,
        (Some(found), expected) => !expected.is_empty() && found.starts_with(expected),
        (None, _) => false,
    };
    assert!(fits, "{text}\n  expected: {expected}\n  found: {found:?}");
}

#[test]
fn what_stands_around_the_words() {
    for (text, expected) in [
        ("", "write one <div"),
        ("hello", "write one <div"),
        ("<div>x</div>", "write one <div"),
        (
            "<p xmlns=\"http://www.w3.org/1999/xhtml\">x</p>",
            "write one <div",
        ),
        (" <div xmlns='http://www.w3.org/1999/xhtml'>x</div> ", ""),
        (
            "<div xmlns='http://www.w3.org/1999/xhtml'>x</div>y",
            "write one <div",
        ),
        (
            "<div xmlns='http://www.w3.org/1999/xhtml'>x</div><div/>",
            "write one <div",
        ),
        (
            "<div xmlns='http://www.w3.org/1999/xhtml'>x",
            "`<div>` is not closed",
        ),
        (
            "<div xmlns='http://www.w3.org/1999/xhtml'/>",
            "a narrative needs words",
        ),
    ] {
        check(text, expected);
    }
}

#[test]
fn depth_and_size_are_bounded() {
    for (levels, expected) in [(63, ""), (64, "elements lie more than 64 levels deep")] {
        let text = format!(
            "<div xmlns='http://www.w3.org/1999/xhtml'>{}x{}</div>",
            "<b>".repeat(levels),
            "</b>".repeat(levels)
        );
        check(&text, expected);
    }
    let attributes: String = (0..1000).map(|n| format!(" a{n}='x'")).collect();
    check(
        &format!("<div xmlns='http://www.w3.org/1999/xhtml'{attributes}>x</div>"),
        "`<div` is not a well-formed",
    );
    let flood = "<!--x-->".repeat(200_000);
    check(
        &format!("<div xmlns='http://www.w3.org/1999/xhtml'>{flood}x</div>"),
        "",
    );
}

/// What it says, its lines parted by ` / `.
fn said(inner: &str) -> String {
    let text = format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{inner}</div>");
    lines(&text).map_or_else(|why| why, |lines| lines.join(" / "))
}

#[test]
fn words_by_case() {
    let rows = r##"
        Words <b>and</b>more => Words andmore
        <p>One</p><p>  two   words </p> => One / two words
        a<br/>b<hr/>c => a / b / c
        <h2>Plan</h2><ul><li>rest</li><li><p>fluids</p><p>oral</p></li></ul> => Plan / • rest / • fluids / oral
        <ol><li>a<ol><li>b</li></ol></li><li>c</li></ol> => 1. a / 1. b / 2. c
        <ul><li/><li>x</li></ul> => • / • x
        <table><thead><tr><th>Drug</th><th>Dose</th><th>From</th></tr></thead><tbody><tr><td>Aspirin</td><td/><td>2020</td></tr><tr><td></td><td>75 mg</td></tr></tbody></table> => Drug | Dose | From / Aspirin | | 2020 / | 75 mg
        <table><tr><td><p>a</p><p>b</p></td><td><ul><li>c</li><li>d</li></ul></td></tr></table>e => a; b | • c; • d / e
        <table><tr><td>a<table><tr><td>b</td><td>c</td></tr></table></td><td>d</td></tr></table> => a; b | c | d
        6.1 x 10<sup>9</sup>/L of H<sub>2</sub>O => 6.1 x 10^9/L of H2O
        <del>Penicillin</del> none => [deleted: Penicillin] none
        <span style="text-decoration: line-through">5 mg</span> 10 mg => [deleted: 5 mg] 10 mg
        <img src="#i" alt="a wound"/><img src="#j"/> => [picture: a wound][picture: not described]
        1 &lt; 2 &amp;&#32;200&nbsp;&micro;g &ge; &Omega; => 1 < 2 & 200 µg ≥ &Omega;
        <!-- not said -->said => said
        <pre>Na  140&#10;K   4.1</pre> => Na  140 / K   4.1
    "##;
    let mut count = 0;
    for row in rows.trim().lines() {
        let (inner, want) = row.trim().split_once(" => ").unwrap_or((row, ""));
        assert_eq!(said(inner), want, "{inner}");
        count += 1;
    }
    assert_eq!(count, 16);
}

#[test]
fn what_is_no_narrative_has_no_words() {
    for text in [
        "",
        "words",
        "<div>x</div>",
        "<div xmlns=\"http://www.w3.org/1999/xhtml\"><script>x</script></div>",
    ] {
        assert!(lines(text).is_err(), "{text}");
    }
}
