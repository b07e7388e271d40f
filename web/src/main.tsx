import { recallToken } from "@/api/token";
import { reached } from "@/lib/milestones";
import { basePath } from "@/lib/place";
import { recallTheme } from "@/lib/theme";
import { showsRobot } from "@/pages/withRobot";
import { Engine } from "@/sim/engine";

// As little as possible, so that the engine is on its way before anything else is read.
reached("start");
const root = document.getElementById("root");
if (root === null) throw new Error("the page has no #root");
const engine = new Engine();
const { pathname } = window.location;
if (showsRobot(pathname.slice(basePath().length))) engine.prepare();
recallTheme();
recallToken(window.location, window.history);
void import("./show").then(({ show }) => show(root, engine));
