"""A headless Chromium that talks to nobody: it opens files, and tells what a page did, asked for and looks like.

Tests skip where it is not installed, which CI forbids; `.ci/services` installs it.
"""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

AXE = Path(__file__).parents[1] / ".ci" / "node" / "node_modules" / "axe-core" / "axe.min.js"
_FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-background-networking --disable-component-update "
    "--disable-sync --disable-quic --no-first-run --disable-dev-shm-usage"
)


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed: run .ci/services")
    return found


class Browser:
    """One browser with a profile of its own.

    Args:
        profile: folder for its profile.
    """

    def __init__(self, profile: Path) -> None:
        # It takes half a second to import, and few tests need it.
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service

        options = webdriver.ChromeOptions()
        options.binary_location = _program("chromium")
        for flag in (*_FLAGS.split(), f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(_program("chromedriver")))
        # axe takes a minute and more for 2,000 stories, where others work too.
        self.driver.set_script_timeout(580)
        self.driver.command_executor.client_config.timeout = 600

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.driver.quit()

    def tell(self, command: str, **parameters: Any) -> dict[str, Any]:
        """Send a command of the DevTools protocol, and return its answer."""
        answer: dict[str, Any] = self.driver.execute_cdp_cmd(command, parameters)
        return answer

    def open(
        self,
        page: Path,
        *,
        fragment: str = "",
        width: int = 1200,
        height: int = 900,
        dark: bool = False,
        script: bool = True,
    ) -> None:
        """Open a file anew, in a window of so many CSS pixels."""
        self.tell(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.tell("Emulation.setEmulatedMedia", features=[scheme])
        self.tell("Emulation.setScriptExecutionDisabled", value=not script)
        self.driver.get("about:blank")  # a mere change of the fragment would not load the page again
        self.driver.get(page.resolve().as_uri() + fragment)

    def run(self, script: str, *arguments: Any) -> Any:
        """Run a script in the page, and return what it returns."""
        return self.driver.execute_script(script, *arguments)

    def presses(self, keys: str) -> None:
        """Press keys, wherever the focus is."""
        from selenium.webdriver.common.action_chains import ActionChains

        ActionChains(self.driver, duration=0).send_keys(keys).perform()

    def errors(self) -> list[str]:
        """What stood in the console since it was last asked, refusals by the page's policy included."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """Every address on any network that was asked for since it was last asked, refused ones included."""
        # When the page is idle, what it asked for stands in the log.
        self.driver.execute_async_script("requestIdleCallback(() => setTimeout(arguments[0]), { timeout: 1000 })")
        found = (json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance"))
        asked = (one["params"]["request"]["url"] for one in found if one["method"] == "Network.requestWillBeSent")
        return [url for url in asked if not url.startswith(("file:", "data:", "about:", "chrome:"))]

    def barriers(self, *tags: str) -> list[str]:
        """What axe finds: the rule and the element of every violation; of all its rules, or of those with such tags."""
        if not AXE.exists():
            pytest.skip("axe-core is not installed: run .ci/services")
        self.run(AXE.read_text("utf-8"))
        options = {"resultTypes": ["violations"], **({"runOnly": list(tags)} if tags else {})}
        found = self.driver.execute_async_script("axe.run(arguments[0]).then(arguments[1])", options)
        return [f"{one['id']}: {node['html'][:120]}" for one in found["violations"] for node in one["nodes"]]

    def picture(self, file: Path) -> None:
        """Keep what the window shows, as PNG."""
        file.write_bytes(base64.b64decode(self.tell("Page.captureScreenshot", format="png")["data"]))

    def print(self, file: Path) -> None:
        """Print the page on A4, as PDF."""
        paper = self.tell("Page.printToPDF", paperWidth=8.27, paperHeight=11.69)
        file.write_bytes(base64.b64decode(paper["data"]))
